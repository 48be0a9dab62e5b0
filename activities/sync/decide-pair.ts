import { compare, commonSyncMode, type Decision, type SecretServerSide } from '../../domain/compare';
import { describeRow } from '../../domain/decision-rows';
import type { ErrorCode } from '../../domain/errors/catalogue';
import { SsakvError } from '../../domain/errors/ssakv-error';
import type { TagDrift } from '../../domain/tags';
import type { MovedPair } from '../../ledger/moved-pairs';
import type { PairBase } from '../../ledger/pairs';
import { rebased, renewedBase, tagDriftOf, type Deciding, type Rebased } from './agreed-base';
import { lookAtExternal, type ExternalLook } from './look-at-external';
import { lookAtSource } from './look-at-source';
import type { PlanContext } from './plan-context';
import { mapOfTemplate } from './secret-rows';

/** What a cycle makes of one pair. */
export type PairPlan =
  /** Nothing to do. `base` when the ledger's base has to learn what both sides show now. */
  | { readonly kind: 'unchanged'; readonly base: PairBase | undefined; readonly wasRead: boolean }
  /** Both sides agree on something that the base does not say yet. */
  | Rebased
  | { readonly kind: 'decided'; readonly decision: PlannedDecision }
  /** This cycle saw too little of the pair to say anything; the next one looks again. */
  | { readonly kind: 'unseen' };

export interface PlannedDecision {
  readonly name: Exclude<Decision['kind'], 'none' | 'rebase'> | 'withoutMap';
  readonly row: number;
  readonly code?: ErrorCode;
  readonly detail?: string;
  readonly keyVaultVersion?: string | undefined;
}

/** After so many repairs in a row somebody else keeps writing the same tags. */
const repairsBeforeCase = 3;

/**
 * Looks at a moved pair as little as the decision needs, and decides. What fails for this secret alone becomes its
 * decision; what concerns a whole side is thrown. `mustRead`: the LIST tells nothing, as in a targeted cycle.
 */
export async function decidePair(
  context: PlanContext,
  moved: MovedPair,
  mustRead: boolean,
): Promise<PairPlan> {
  const { pair, reasons } = moved;
  const keyVaultVersion = pair.base?.keyVaultVersion;
  if (moved.openIntent !== undefined) return decided({ name: 'settle', row: 0, keyVaultVersion });
  if (moved.secret === undefined && !reasons.includes('gone')) return { kind: 'unseen' };
  const map = mapOfTemplate(context.settings, pair.ssTemplate);
  if (map === undefined) return decided({ name: 'withoutMap', row: 0, code: 'TemplateWithoutMap' });
  const syncMode = commonSyncMode(context.settings.syncMode, map.syncDirection);
  if (syncMode === undefined) return decided({ name: 'fail', row: 0, code: 'SyncDirectionsContradict' });
  if (!mustRead && isTagRefreshOnly(context, moved))
    return decided({ name: 'repairTags', row: 2, keyVaultVersion });
  return await decideByLooking({ context, moved, map, syncMode }, mustRead);
}

async function decideByLooking(deciding: Deciding, mustRead: boolean): Promise<PairPlan> {
  const { context, moved, map } = deciding;
  const external = await lookAtExternal(context, moved, map, mustRead);
  if (external instanceof SsakvError) return failed(external);
  if (isSettlingOnly(moved, external)) {
    return { kind: 'unchanged', base: renewedBase(moved, external, undefined), wasRead: false };
  }
  const source = await lookAtSource(context, moved, map, external.side);
  if (source instanceof SsakvError) return failed(source);
  const plan = decide(deciding, source, external);
  const undecided = plan.kind === 'decided' && plan.decision.code === 'UndecidedState';
  if (!undecided || external.side.kind !== 'unchanged') return plan;
  // The base's fingerprints are of another key, so only the two values can tell.
  const read = await lookAtExternal(context, moved, map, true);
  return read instanceof SsakvError ? failed(read) : decide(deciding, source, read);
}

/** Under `tagRefresh: always` pairs that did not move get their tags written anew, and no value is read for it. */
function isTagRefreshOnly(context: PlanContext, { pair, reasons }: MovedPair): boolean {
  const others = reasons.filter((reason) => reason !== 'everything');
  return refreshesTags(context) && !context.readsEverything && others.length === 0 && pair.base !== undefined;
}

function refreshesTags({ settings }: PlanContext): boolean {
  return (
    settings.tagRefresh === 'always' && settings.autoTagExternalSecrets && settings.syncMode !== 'PullOnly'
  );
}

/** The pair is here only because the last write's second was not over, and its version is still the newest. */
function isSettlingOnly({ reasons }: MovedPair, external: ExternalLook): boolean {
  return external.side.kind === 'unchanged' && reasons.every((reason) => reason === 'unsettled');
}

function decide(deciding: Deciding, source: SecretServerSide, external: ExternalLook): PairPlan {
  const { context, moved, syncMode } = deciding;
  const { base, tagRepairs } = moved.pair;
  const drift = driftOf(deciding, external);
  const decision = compare({
    base,
    openIntent: false,
    secretServer: source,
    keyVault: external.side,
    syncMode,
    tagsDrifted: drift.kind === 'drifted' || (drift.kind === 'current' && refreshesTags(context)),
  });
  const keyVaultVersion = versionSeen(external) ?? base?.keyVaultVersion;
  if (decision.kind === 'none') return unchanged(moved, source, external, drift);
  if (decision.kind === 'rebase') {
    const agreed = rebased(deciding, decision.row, source, external);
    return agreed ?? decided({ name: 'fail', row: decision.row, code: 'UndecidedState' });
  }
  // Under `tagRefresh: always` every cycle repairs, so the count tells nothing.
  const counts = !refreshesTags(context) && moved.reasons.includes('tags');
  const foughtOver = counts && drift.kind === 'drifted' && tagRepairs >= repairsBeforeCase;
  if (decision.kind === 'repairTags' && foughtOver) {
    const detail = `The tags are: ${drift.keys.join(', ')}.`;
    return decided({ name: 'hold', row: 2, code: 'TagsKeepChanging', detail, keyVaultVersion });
  }
  return decided({ ...named(decision), keyVaultVersion });
}

function unchanged(
  moved: MovedPair,
  source: SecretServerSide,
  external: ExternalLook,
  drift: TagDrift,
): PairPlan {
  if (drift.kind === 'noRoom') {
    const detail = `The tags set in Azure take ${drift.foreign} places.`;
    return decided({ name: 'fail', row: 2, code: 'TooManyTags', detail });
  }
  const fingerprints = source.kind === 'present' ? source.fingerprints : undefined;
  return { kind: 'unchanged', base: renewedBase(moved, external, fingerprints), wasRead: true };
}

function driftOf(deciding: Deciding, external: ExternalLook): TagDrift {
  const { base, syncVersion } = deciding.moved.pair;
  if (base === undefined || external.tags === undefined) return { kind: 'current' };
  return tagDriftOf(deciding, { tags: external.tags, base, syncVersion });
}

function versionSeen({ side }: ExternalLook): string | undefined {
  const seen = side.kind === 'present' || side.kind === 'presentNotOurFormat' ? side.version : '';
  return seen === '' ? undefined : seen;
}

function named(decision: Exclude<Decision, { kind: 'none' | 'rebase' }>): PlannedDecision {
  switch (decision.kind) {
    case 'fail':
      return { name: decision.kind, row: 0, code: decision.code, detail: decision.detail };
    case 'hold':
    case 'park':
      return { name: decision.kind, row: decision.row, code: decision.code };
    case 'notYetSupported': {
      const { row } = decision;
      return { name: decision.kind, row, code: 'RowNotYetSupported', detail: describeRow(row) };
    }
    case 'settle':
    case 'create':
    case 'repairTags':
    case 'push':
      return { name: decision.kind, row: decision.row };
  }
}

function failed(error: SsakvError): PairPlan {
  return decided({
    name: 'fail',
    row: 0,
    code: error.code,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
  });
}

function decided(decision: PlannedDecision): PairPlan {
  return { kind: 'decided', decision };
}
