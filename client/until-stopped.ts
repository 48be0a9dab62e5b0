/** A signal that aborts on SIGTERM, SIGINT or SIGHUP, and, if asked for, when standard input ends with the parent. */
export function untilStopped(exitWithParent: boolean): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  if (exitWithParent) onParentEnd(() => stop.abort());
  return stop.signal;
}

/** Calls back when the parent is gone, however it ended: it holds the other end of standard input. */
export function onParentEnd(callBack: () => void): void {
  process.stdin.once('end', callBack).once('error', callBack).resume();
  // Waiting for the parent must not keep a process that has finished its work. A file as standard input has no unref.
  process.stdin.unref?.();
}
