import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities';

/** How often and how fast a failed step is tried again: the connector's throttle file. */
export interface RetrySettings {
  readonly initialIntervalMs: number;
  readonly backoffCoefficient: number;
  readonly maximumAttempts: number;
}

/** The first and last steps of a workflow: short, and only on the ledger and Temporal. */
export const bookkeeping = proxyLocalActivities<Activities>({
  startToCloseTimeout: '20 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '10 seconds', maximumAttempts: 10 },
});

/** Steps that reach a vault or Secret Server, on the queue of the workers that can. `summary` is shown in the Web UI. */
export function outsideActivities(taskQueue: string, retry: RetrySettings, summary: string): Activities {
  return proxyActivities<Activities>({ ...outsideOptions(taskQueue, retry), summary });
}

function outsideOptions(taskQueue: string, retry: RetrySettings): ActivityOptions {
  return {
    taskQueue,
    startToCloseTimeout: '6 hours',
    // Nobody polling the pool must end the cycle, not hang the schedule.
    scheduleToStartTimeout: '30 minutes',
    heartbeatTimeout: '30 seconds',
    retry: {
      initialInterval: retry.initialIntervalMs,
      backoffCoefficient: retry.backoffCoefficient,
      maximumInterval: '60 seconds',
      maximumAttempts: retry.maximumAttempts,
    },
  };
}
