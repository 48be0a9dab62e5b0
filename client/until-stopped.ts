/** A signal that aborts on SIGTERM, SIGINT or SIGHUP, and, if asked for, when standard input ends with the parent. */
export function untilStopped(exitWithParent: boolean): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  if (exitWithParent) process.stdin.once('end', () => stop.abort()).resume();
  return stop.signal;
}
