import { AsyncLocalStorage } from 'node:async_hooks';

interface Counter {
  readonly counts: Map<string, number>;
  readonly outer: Counter | undefined;
}

const current = new AsyncLocalStorage<Counter>();

/**
 * Runs `work` and counts the HTTP calls made inside it by `<side>.<operation>`, e.g. `keyVault.list`.
 *
 * Calls count when they are sent, whatever came of them. A surrounding count includes them too. Who wants the counts also
 * of work that fails passes the map they go into.
 */
export async function withCallCounts<T>(
  work: () => Promise<T>,
  counts = new Map<string, number>(),
): Promise<{ result: T; calls: Record<string, number> }> {
  const result = await current.run({ counts, outer: current.getStore() }, work);
  return { result, calls: Object.fromEntries(counts) };
}

/** Adds one call to every count that is open around the caller. */
export function countCall(operation: string): void {
  for (let counter = current.getStore(); counter !== undefined; counter = counter.outer) {
    counter.counts.set(operation, (counter.counts.get(operation) ?? 0) + 1);
  }
}
