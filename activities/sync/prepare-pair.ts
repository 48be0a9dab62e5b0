import { templateSlug } from '../../adapters/secret-server/templates';
import type { ErrorCode } from '../../domain/errors/catalogue';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { compareFingerprints, fingerprint } from '../../domain/fingerprints';
import { parkCodeOf } from '../../domain/compare';
import { changeDecisions, type DecisionState, type PlannedPair } from '../../ledger/decisions';
import { outcomeOfError } from './apply-outcome';
import {
  startSettling,
  startWrite,
  type ApplyContext,
  type IntendedValue,
  type PairOutcome,
  type PairWrite,
} from './pair-write';
import { currentSecret } from './decide-anew';
import { parkedBySummary, readSource } from './read-source';
import { repairPairTags } from './repair-tags';
import { mapOfTemplate } from './secret-rows';

export type PreparedPair =
  | { readonly kind: 'write'; readonly write: PairWrite }
  /** Nothing goes through the write protocol: it is done, or cannot be done now. */
  | { readonly kind: 'ended'; readonly planned: PlannedPair; readonly outcome: PairOutcome };

/** Reads what a planned pair needs before it is written. What fails for this pair alone is its outcome. */
export async function preparePair(context: ApplyContext, planned: PlannedPair): Promise<PreparedPair> {
  try {
    return await prepare(context, planned);
  } catch (error) {
    if (!(error instanceof SsakvError)) throw error;
    const outcome = outcomeOfError(error);
    if (outcome.kind === 'decided') await decide(context, planned, outcome.state, error);
    return { kind: 'ended', planned, outcome };
  }
}

async function prepare(context: ApplyContext, planned: PlannedPair): Promise<PreparedPair> {
  const { decision, openIntent } = planned;
  if (openIntent !== undefined) return { kind: 'write', write: startSettling(planned, openIntent) };
  switch (decision.decision) {
    case 'create':
    case 'push':
      return await prepareWrite(context, planned);
    case 'repairTags':
      return { kind: 'ended', planned, outcome: await repairPairTags(context, planned) };
    default:
      // A settled intent, or a state that has to be looked at again: it is decided anew, one by one.
      return { kind: 'ended', planned, outcome: { kind: 'again', delayMs: 0, code: 'ChangedSincePlan' } };
  }
}

async function prepareWrite(context: ApplyContext, planned: PlannedPair): Promise<PreparedPair> {
  const { pair } = planned;
  const map = mapOfTemplate(context.settings, pair.ssTemplate);
  if (map === undefined) return ended(context, planned, 'failed', 'TemplateWithoutMap');
  const secret = planned.secret ?? (await currentSecret(context, pair.secretId));
  const parked = parkedBySummary(secret.access);
  if (parked !== undefined) return ended(context, planned, 'parked', parkCodeOf(parked));
  const source = await readSource(context.connections.secretServer, map, pair.secretId);
  switch (source.kind) {
    case 'parked':
      return ended(context, planned, 'parked', parkCodeOf(source.reason));
    case 'invalid': {
      const [problem] = source.problems;
      return ended(context, planned, 'failed', problem?.code ?? 'UndecidedState', problem?.detail);
    }
    case 'value': {
      const fingerprints = fingerprint(context.services.keys.fingerprint, pair.id, source.values);
      if (isInTheBase(planned, fingerprints)) return ended(context, planned, 'done');
      const intended: IntendedValue = {
        map,
        values: source.values,
        fingerprints,
        folderPath: secret.folderPath,
        templateSlug: templateSlug(map.ssTemplate),
        sourceStamp: secret.stamp,
        syncVersion: pair.syncVersion + 1,
      };
      return { kind: 'write', write: startWrite(planned, intended) };
    }
  }
}

/** The value went back to what it was since the plan: no version is written when nothing changed. */
function isInTheBase({ pair, decision }: PlannedPair, fingerprints: IntendedValue['fingerprints']): boolean {
  const { base } = pair;
  if (base === undefined || decision.keyVaultVersion !== base.keyVaultVersion) return false;
  return compareFingerprints(base.fingerprints, fingerprints).kind === 'equal';
}

async function ended(
  context: ApplyContext,
  planned: PlannedPair,
  state: Exclude<DecisionState, 'planned'>,
  code?: ErrorCode,
  detail?: string,
): Promise<PreparedPair> {
  await decide(context, planned, state, { code, detail });
  return { kind: 'ended', planned, outcome: { kind: 'decided', state } };
}

async function decide(
  context: ApplyContext,
  planned: PlannedPair,
  state: DecisionState,
  reason: { readonly code: ErrorCode | undefined; readonly detail: string | undefined },
): Promise<void> {
  const { code, detail } = reason;
  await changeDecisions(context.services.db, context.cycleId, [
    { pairId: planned.pair.id, state, code, detail },
  ]);
}
