import { defineQuery, setHandler } from '@temporalio/workflow';
import type { CycleProgress, CycleResult, SyncSecretsInput } from '../domain/cycles';
import type { BegunTargetedCycle } from '../activities/begin-cycle';
import { bookkeeping, outsideActivities } from './activity-options';
import { applyPlan } from './apply-plan';
import { cycleOwner, reported } from './cycle-frame';
import { CycleState } from './cycle-state';

export const progress = defineQuery<CycleProgress>('progress');

/**
 * Force Sync: compares the named secrets now and pushes what changed. A secret that did not change is not written.
 *
 * Runs beside a full cycle: each pair has a lease of its own. Errors: `InvalidInput`, `NotAllowed`,
 * `EnginePoolNotPolled`.
 */
export async function syncSecrets(input?: SyncSecretsInput): Promise<CycleResult> {
  const state = new CycleState();
  setHandler(progress, () => state.progress(), { description: 'Phase, pages and counts of this run.' });
  const begun = await bookkeeping.beginTargetedCycle({ input, owner: cycleOwner() });
  if (begun.kind === 'ended') return begun.result;
  state.begin(begun);
  return reported(begun, state, () => runTargetedCycle(begun, state));
}

async function runTargetedCycle(cycle: BegunTargetedCycle, state: CycleState): Promise<void> {
  const { cycleId, connector, dryRun, secretIds } = cycle;
  const step = (summary: string) => outsideActivities(cycle.taskQueue, cycle.retry, summary);
  state.enter('planning');
  state.plan(
    await step(`compare ${secretIds.length} named secrets`).planSecrets({
      cycleId,
      connector,
      secretIds,
      dryRun,
    }),
  );
  state.enter('guarding');
  const guarded = await step('prove names free').guardCycle({ cycleId, connector });
  state.plan(guarded);
  if (!dryRun && guarded.pages > 0) await applyPlan(cycle, state, { nextPage: 0, pages: guarded.pages });
}
