import { CancellationScope, ContinueAsNew, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { BegunCycle } from '../activities/begin-cycle';
import type { CycleReport } from '../domain/cycles';
import { bookkeeping } from './activity-options';
import type { CycleState } from './cycle-state';

/**
 * Runs the steps of a cycle and closes it in the ledger whatever comes of them: also a cancelled or failed cycle is
 * reported and gives its lease back.
 */
export async function reported(
  cycle: BegunCycle,
  state: CycleState,
  steps: () => Promise<void>,
): Promise<CycleReport> {
  try {
    await steps();
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    await CancellationScope.nonCancellable(() =>
      report(cycle, state, isCancellation(error) ? 'Cancelled' : 'Failed'),
    );
    throw error;
  }
  return report(cycle, state, cycle.dryRun ? 'DryRun' : 'Completed');
}

/** The first run of the chain, so that a cycle that continues as new keeps its lease. */
export function cycleOwner(): { workflowId: string; runId: string } {
  const { workflowId, firstExecutionRunId } = workflowInfo();
  return { workflowId, runId: firstExecutionRunId };
}

async function report(
  cycle: BegunCycle,
  state: CycleState,
  outcome: CycleReport['outcome'],
): Promise<CycleReport> {
  state.enter('reporting');
  const { cycleId, connector } = cycle;
  const result = await bookkeeping.reportCycle({ cycleId, connector, owner: cycleOwner(), outcome });
  state.end(result);
  return result;
}
