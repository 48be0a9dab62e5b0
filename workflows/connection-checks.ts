import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { ConnectionCheck } from '../domain/connection-tests';

/** A test tells what is so now, and a person waits for it: each check is tried once more at most. */
function checkActivities(taskQueue: string, summary: string): Activities {
  return proxyActivities<Activities>({
    taskQueue,
    startToCloseTimeout: '2 minutes',
    scheduleToStartTimeout: '2 minutes',
    retry: { maximumAttempts: 2 },
    summary,
  });
}

/** Runs the three checks in order. A later check runs although an earlier one failed: each has its own remedy. */
export async function runChecks(connector: string, taskQueue: string): Promise<readonly ConnectionCheck[]> {
  return [
    await checkActivities(taskQueue, 'sign in to both sides').checkTokens({ connector }),
    await checkActivities(taskQueue, 'read from both sides').checkRead({ connector }),
    await checkActivities(taskQueue, 'write a tag on the probe').checkTagWrite({ connector }),
  ];
}
