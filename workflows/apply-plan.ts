import { isCancellation, workflowInfo } from '@temporalio/workflow';
import type { PairToRetry } from '../activities/sync/apply';
import type { BegunCycle } from '../activities/begin-cycle';
import { outsideActivities } from './activity-options';
import type { CycleState } from './cycle-state';

/** Pairs that are tried again one by one in a cycle; the others wait for the next cycle. */
const retriedSinglyAtMost = 50;

/**
 * Applies the planned pages, some at once. A page that fails leaves its pairs to the next cycle and never stops the
 * others. Stops early when the history grows long; `state.nextPage` then tells where to go on.
 */
export async function applyPlan(
  cycle: BegunCycle,
  state: CycleState,
  from: { readonly nextPage: number; readonly pages: number },
): Promise<void> {
  state.enter('applying');
  state.nextPage = from.nextPage;
  state.pages = from.pages;
  const retries: PairToRetry[] = [];
  const lane = async (): Promise<void> => {
    while (state.nextPage < from.pages && !workflowInfo().continueAsNewSuggested) {
      // Taken before anything is awaited: the lanes run side by side.
      const page = state.nextPage++;
      await state.untilNotPaused();
      const again = await applyPage(cycle, page, from.pages);
      retries.push(...again.slice(0, retriedSinglyAtMost - retries.length));
      state.pageDone();
    }
  };
  await runLanes(cycle, lane);
  await retrySingly(cycle, state, retries);
}

/** Also when one lane was cancelled the others' pages are finished before the report counts them. */
async function runLanes(cycle: BegunCycle, lane: () => Promise<void>): Promise<void> {
  const ends = await Promise.allSettled(Array.from({ length: cycle.pagesAtOnce }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

async function applyPage(cycle: BegunCycle, page: number, pages: number): Promise<readonly PairToRetry[]> {
  const activities = outsideActivities(cycle.taskQueue, cycle.retry, `page ${page + 1} of ${pages}`);
  const { cycleId, connector } = cycle;
  const applied = await unlessItFails(() => activities.applyPage({ cycleId, connector, page }));
  return applied?.again ?? [];
}

async function retrySingly(
  cycle: BegunCycle,
  state: CycleState,
  retries: readonly PairToRetry[],
): Promise<void> {
  if (retries.length === 0) return;
  state.enter('retrying');
  const { cycleId, connector } = cycle;
  const open = [...retries];
  const lane = async (): Promise<void> => {
    for (let pair = open.shift(); pair !== undefined; pair = open.shift()) {
      await state.untilNotPaused();
      const activities = outsideActivities(cycle.taskQueue, cycle.retry, pair.externalName);
      const { pairId } = pair;
      await unlessItFails(() => activities.applyPair({ cycleId, connector, pairId }));
    }
  };
  await runLanes(cycle, lane);
}

/** A failed step is in the ledger with its code; the report counts it. Only a cancellation goes on up. */
async function unlessItFails<T>(step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    if (isCancellation(error)) throw error;
    return undefined;
  }
}
