import { continueAsNew, defineQuery, defineSignal, setHandler } from '@temporalio/workflow';
import type { CycleProgress, CycleResult, SyncCycleInput } from '../domain/cycles';
import type { BegunCycle } from '../activities/begin-cycle';
import { bookkeeping, outsideActivities } from './activity-options';
import { applyPlan } from './apply-plan';
import { cycleOwner, reported } from './cycle-frame';
import { CycleState } from './cycle-state';

export const pause = defineSignal('pause');
export const resume = defineSignal('resume');
export const progress = defineQuery<CycleProgress>('progress');

/**
 * One pass over all pairs of a connector: scan both sides, plan, guard, apply, report.
 *
 * One full cycle runs per connector; a second start completes at once as `AlreadyRunning` and names the other. Errors:
 * `InvalidInput`, `NotAllowed`, `EnginePoolNotPolled`, or whatever made a whole side unreadable.
 */
export async function syncCycle(input?: SyncCycleInput): Promise<CycleResult> {
  const state = new CycleState();
  answerMessages(state);
  const begun = await bookkeeping.beginCycle({ input, owner: cycleOwner() });
  if (begun.kind === 'ended') return begun.result;
  state.begin(begun);
  return reported(begun, state, () => runCycle(begun, state));
}

async function runCycle(cycle: BegunCycle, state: CycleState): Promise<void> {
  if (cycle.continued === undefined) {
    const planned = await plan(cycle, state);
    if (cycle.dryRun || planned.pages === 0) return;
    await applyPlan(cycle, state, { nextPage: 0, pages: planned.pages });
  } else {
    await applyPlan(cycle, state, cycle.continued);
  }
  if (state.nextPage < state.pages) {
    // The next run begins without a pause.
    await state.untilNotPaused();
    const continued = { cycleId: cycle.cycleId, nextPage: state.nextPage, pages: state.pages };
    await continueAsNew<typeof syncCycle>({ connector: cycle.connector, continued });
  }
}

async function plan(cycle: BegunCycle, state: CycleState): Promise<{ pages: number }> {
  const { cycleId, connector, dryRun, scanStartedAtIso } = cycle;
  const step = (summary: string) => outsideActivities(cycle.taskQueue, cycle.retry, summary);
  state.enter('scanning');
  const [keyVault, secretServer] = await Promise.all([
    step('list Key Vault, no values').scanKeyVault({ cycleId, connector }),
    step('list Secret Server, no values').scanSecretServer({ cycleId, connector }),
  ]);
  state.enter('planning');
  const planned = await step('compare what moved').planCycle({
    cycleId,
    connector,
    dryRun,
    keyVaultGeneration: keyVault.generation,
    secretServerGeneration: secretServer.generation,
    scanStartedAtIso,
  });
  state.plan(planned);
  if (planned.planned === 0) return planned;
  state.enter('guarding');
  const guarded = await step('prove names free').guardCycle({ cycleId, connector });
  state.plan(guarded);
  return guarded;
}

function answerMessages(state: CycleState): void {
  setHandler(progress, () => state.progress(), { description: 'Phase, pages and counts of this cycle.' });
  setHandler(pause, () => state.pause(), {
    description: 'Stop before the next page. Pages under way are finished. Takes no argument.',
  });
  setHandler(resume, () => state.resume(), { description: 'Go on after a pause. Takes no argument.' });
}
