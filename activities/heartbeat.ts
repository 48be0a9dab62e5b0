import { Context } from '@temporalio/activity';

/** Well below the heartbeat timeout of 30 s, of which the SDK uses four fifths. */
const intervalMs = 5_000;

/** Tells Temporal every five seconds that the work goes on, so that a killed worker is noticed and a cancel arrives. */
export async function whileHeartbeating<T>(details: unknown, work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  context.heartbeat(details);
  const timer = setInterval(() => context.heartbeat(details), intervalMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
