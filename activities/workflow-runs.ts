import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { CycleOwner } from '../ledger/cycles';

/**
 * Whether the chain of runs that began with `runId` is still open. A run that continued as new is followed: the newest
 * run of its workflow id then has the same first run.
 */
export async function isRunOpen(temporal: Client, owner: CycleOwner): Promise<boolean> {
  try {
    const newest = await temporal.workflow.getHandle(owner.workflowId).describe();
    if (newest.status.name !== 'RUNNING') return false;
    const first = newest.raw.workflowExecutionInfo?.firstRunId ?? newest.runId;
    return newest.runId === owner.runId || first === owner.runId;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
