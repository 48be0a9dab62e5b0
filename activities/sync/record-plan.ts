import { appendAudit } from '../../ledger/audit';
import { openCases } from '../../ledger/cases';
import { recordDecisions, type DecisionRow, type DecisionState } from '../../ledger/decisions';
import type { MovedPair } from '../../ledger/moved-pairs';
import { markRead, moveBases, type BaseMove, type Pair } from '../../ledger/pairs';
import type { PairPlan, PlannedDecision } from './decide-pair';
import type { SyncContext } from './sync-context';

/** A pair that was looked at, and what came of it. */
export interface LookedAt {
  readonly moved: MovedPair;
  readonly plan: PairPlan;
}

/** Rows in these decisions get a new version in Secret Server's counter. */
const countsUp: ReadonlySet<PlannedDecision['name']> = new Set(['create', 'push']);

/**
 * Records one page of a plan: decision rows, cases for what a person must settle, bases that both sides agree on, and
 * which pairs were read and found unchanged. A dry run records the decisions only.
 *
 * Returns the ids of the pairs whose base moved because both sides agree.
 */
export async function recordPlan(
  context: SyncContext,
  page: readonly LookedAt[],
  dryRun: boolean,
): Promise<ReadonlySet<number>> {
  const { services, cycleId } = context;
  const rebased = dryRun ? new Set<number>() : await moveAgreedBases(context, page);
  const rows = page.flatMap((looked) => rowOf(looked, rebased, dryRun));
  await recordDecisions(services.db, cycleId, rows);
  if (dryRun) return rebased;
  await openCases(
    services.db,
    rows.flatMap((row) => caseOf(context, row)),
  );
  const unchanged = page.flatMap(({ moved, plan }) =>
    (plan.kind === 'unchanged' && plan.wasRead) || rebased.has(moved.pair.id) ? [moved.pair.id] : [],
  );
  await markRead(services.db, unchanged, cycleId);
  return rebased;
}

/** The ids of the pairs that got a new base although no value was written. */
async function moveAgreedBases(
  context: SyncContext,
  page: readonly LookedAt[],
): Promise<ReadonlySet<number>> {
  const { db, keys } = context.services;
  const moves = page.flatMap(({ moved, plan }) => baseMoveOf(moved.pair, plan));
  const done = new Set(await moveBases(db, moves));
  const rebased = page.filter(({ moved, plan }) => plan.kind === 'rebased' && done.has(moved.pair.id));
  await appendAudit(
    db,
    keys.audit,
    rebased.map((each) => rebaseEntry(context, each)),
  );
  return new Set(rebased.map(({ moved }) => moved.pair.id));
}

/** A newer lease means that somebody wrote since: then this look is out of date and moves nothing. */
function baseMoveOf(pair: Pair, plan: PairPlan): readonly BaseMove[] {
  const common = { pairId: pair.id, expectedEpoch: pair.epoch };
  if (plan.kind === 'rebased') {
    return [{ ...common, base: plan.base, syncVersion: plan.syncVersion }];
  }
  if (plan.kind !== 'unchanged' || plan.base === undefined) return [];
  const repairs = plan.wasRead ? { tagRepairs: 0 } : {};
  return [{ ...common, base: plan.base, syncVersion: pair.syncVersion, ...repairs }];
}

function rebaseEntry({ settings, cycleId }: SyncContext, { moved, plan }: LookedAt) {
  const { secretId, externalName } = moved.pair;
  const version = plan.kind === 'rebased' ? plan.base.keyVaultVersion : '';
  return {
    connector: settings.displayName,
    correlationId: cycleId,
    action: 'base.agreed',
    secretId,
    externalName,
    details: { cycleId, version },
  };
}

const unchangedRow = {
  row: 2,
  decision: 'none',
  code: undefined,
  detail: undefined,
  keyVaultVersion: undefined,
  state: 'done',
} as const;

function rowOf(
  { moved, plan }: LookedAt,
  rebased: ReadonlySet<number>,
  dryRun: boolean,
): readonly DecisionRow[] {
  const { pair, reasons } = moved;
  // An earlier cycle may have left a hint for a decision that it could not carry out; this row ends it.
  const endsHint = reasons.includes('hint') && !dryRun;
  const common = { pairId: pair.id, secretId: pair.secretId, externalName: pair.externalName };
  switch (plan.kind) {
    case 'unseen':
      return [];
    case 'unchanged':
      return endsHint ? [{ ...common, ...unchangedRow, syncVersion: pair.syncVersion }] : [];
    case 'rebased': {
      const { base, row, syncVersion } = plan;
      const noReason = { code: undefined, detail: undefined, keyVaultVersion: base.keyVaultVersion };
      // Not moved: a dry run, or another cycle is at work on the pair. The next cycle looks again.
      const state = rebased.has(pair.id) ? 'done' : 'reported';
      return [{ ...common, ...noReason, row, decision: 'rebase', syncVersion, state }];
    }
    case 'decided': {
      const { name, row, code, detail, keyVaultVersion } = plan.decision;
      const syncVersion = countsUp.has(name) ? pair.syncVersion + 1 : pair.syncVersion;
      return [
        { ...common, row, decision: name, code, detail, keyVaultVersion, syncVersion, state: stateOf(name) },
      ];
    }
  }
}

/** Where a decision's row begins: planned for what is applied, else what it is reported as. */
export function stateOf(name: PlannedDecision['name']): DecisionState {
  switch (name) {
    case 'settle':
    case 'create':
    case 'repairTags':
    case 'push':
      return 'planned';
    case 'hold':
      return 'held';
    case 'park':
      return 'parked';
    case 'fail':
      return 'failed';
    case 'notYetSupported':
    case 'withoutMap':
      return 'reported';
  }
}

/** Every held pair has a case. */
function caseOf({ settings, cycleId }: SyncContext, row: DecisionRow) {
  if (row.state !== 'held' || row.code === undefined) return [];
  const { pairId, secretId, externalName, code, detail = '' } = row;
  const pair = pairId === undefined ? {} : { pairId };
  return [
    { connector: settings.displayName, secretId, externalName, kind: code, code, detail, cycleId, ...pair },
  ];
}
