import type { Client } from '@temporalio/client';
import { SsakvError } from '../domain/errors/ssakv-error';

/** temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY */
const activityQueue = 2;

/**
 * Refuses to begin work for a task queue that no worker polls: its activities would wait in silence.
 *
 * Errors: `EnginePoolNotPolled`. The server forgets a poller five minutes after its last poll
 * (https://docs.temporal.io/task-queue), so a worker that just died is not noticed here but by heartbeat timeouts.
 */
export async function requirePollers(temporal: Client, taskQueue: string): Promise<void> {
  const { pollers } = await temporal.workflowService.describeTaskQueue({
    namespace: temporal.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: activityQueue,
  });
  if (pollers === undefined || pollers === null || pollers.length === 0) {
    throw new SsakvError('EnginePoolNotPolled', { detail: `The task queue is ${taskQueue}.` });
  }
}
