import type { CallEntry } from '../../emulators/frame/call-log';
import type { ServiceName } from '../../emulators/frame/stand-in';
import type { Emulators } from './emulators';

const entriesPerRequest = 10_000;

/** Where the log ends now: what is read after it ended later. */
export async function endOfLog(emulators: Emulators): Promise<number> {
  return (await page(emulators, Number.MAX_SAFE_INTEGER)).newest;
}

/** The logged calls of a service that ended after that point, in the order in which they ended. */
export async function callsTo(
  emulators: Emulators,
  service: ServiceName,
  start = 0,
): Promise<readonly CallEntry[]> {
  const calls: CallEntry[] = [];
  for (let after = start; ;) {
    const { entries } = await page(emulators, after);
    const last = entries.at(-1);
    if (last === undefined) return calls;
    calls.push(...entries.filter((entry) => entry.service === service));
    after = last.n;
  }
}

async function page(
  emulators: Emulators,
  after: number,
): Promise<{ readonly entries: readonly CallEntry[]; readonly newest: number }> {
  const url = `${emulators.ready.control.url}/log?after=${after}&limit=${entriesPerRequest}`;
  return (await (await fetch(url)).json()) as { entries: readonly CallEntry[]; newest: number };
}

/** How often each operation was called. */
export function countByOperation(calls: readonly CallEntry[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { operation } of calls) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}

/** The most calls that arrived within any window of that length, by the stand-ins' clock. */
export function mostWithin(calls: readonly CallEntry[], windowMs: number): number {
  const times = calls.map(({ at }) => Date.parse(at)).sort((a, b) => a - b);
  let most = 0;
  let first = 0;
  for (const [index, time] of times.entries()) {
    while ((times[first] ?? time) <= time - windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
