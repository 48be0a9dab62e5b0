import { listFolders } from '../../adapters/secret-server/folders';
import { readSummary } from '../../adapters/secret-server/summaries';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { changeDecisions, type PlannedPair } from '../../ledger/decisions';
import type { MovedPair } from '../../ledger/moved-pairs';
import type { SecretRow } from '../../ledger/scans';
import { decidePair, type PairPlan } from './decide-pair';
import type { PairOutcome } from './pair-write';
import type { PlanContext } from './plan-context';
import { recordPlan, stateOf } from './record-plan';
import { secretRowOf } from './secret-rows';
import { countSideFailures } from './side-failures';
import type { SyncContext } from './sync-context';

export type DecidedAnew =
  | { readonly kind: 'planned'; readonly planned: PlannedPair }
  | { readonly kind: 'ended'; readonly outcome: PairOutcome };

/**
 * Looks at both sides of one pair again and decides, because the plan's decision met another state. What nothing has to
 * be written for is recorded here; the rest comes back with the decision in force.
 */
export async function decideAnew(context: SyncContext, planned: PlannedPair): Promise<DecidedAnew> {
  if (planned.openIntent !== undefined) return { kind: 'planned', planned };
  const secret = planned.secret ?? (await currentSecret(context, planned.pair.secretId));
  const moved: MovedPair = { ...planned, secret, reasons: ['everything'] };
  const plan = await decidePair(planContext(context), moved, true);
  const rebased = await recordPlan(context, [{ moved, plan }], false);
  // Somebody took the pair meanwhile, so what was seen may be out of date.
  const overtaken = plan.kind === 'rebased' && !rebased.has(planned.pair.id);
  if (overtaken) return { kind: 'ended', outcome: { kind: 'again', delayMs: 0, code: 'PairTakenOver' } };
  return await afterwards(context, { ...planned, secret }, plan);
}

/** The summary of a secret that no scan of this cycle has seen. Errors: `SecretAccessDenied`, the `SecretServer…` codes. */
export async function currentSecret(context: SyncContext, secretId: number): Promise<SecretRow> {
  const { secretServer } = context.connections;
  const answer = await readSummary(secretServer, secretId);
  if (answer.kind === 'accessDenied') throw new SsakvError('SecretAccessDenied');
  const { summary } = answer;
  const path = summary.folderPath ?? (await pathOfFolder(context, summary.folderId));
  return secretRowOf(context.settings, summary, path);
}

async function pathOfFolder(context: SyncContext, folderId: number): Promise<string> {
  const folders = await listFolders(context.connections.secretServer);
  return folders.find(({ id }) => id === folderId)?.path ?? '';
}

function planContext(context: SyncContext): PlanContext {
  return { ...context, readsEverything: true, ...countSideFailures(context.connections) };
}

async function afterwards(context: SyncContext, planned: PlannedPair, plan: PairPlan): Promise<DecidedAnew> {
  switch (plan.kind) {
    case 'unchanged':
      return await ended(context, planned, { decision: 'none', state: 'done' });
    case 'rebased':
      return await ended(context, planned, { decision: 'rebase', state: 'done' });
    case 'unseen':
      return await ended(context, planned, { decision: planned.decision.decision, state: 'reported' });
    case 'decided': {
      const { name, row, code, detail, keyVaultVersion } = plan.decision;
      const state = stateOf(name);
      if (state !== 'planned') return await ended(context, planned, { decision: name, state, code, detail });
      const decision = { ...planned.decision, decision: name, row, keyVaultVersion };
      return { kind: 'planned', planned: { ...planned, decision } };
    }
  }
}

async function ended(
  context: SyncContext,
  planned: PlannedPair,
  end: Omit<Parameters<typeof changeDecisions>[2][number], 'pairId' | 'state'> & {
    readonly state: 'done' | 'held' | 'parked' | 'failed' | 'reported';
  },
): Promise<DecidedAnew> {
  await changeDecisions(context.services.db, context.cycleId, [{ pairId: planned.pair.id, ...end }]);
  return { kind: 'ended', outcome: { kind: 'decided', state: end.state } };
}
