import { withCallCounts } from '../../adapters/http/call-counts';
import { addCycleCalls } from '../../ledger/cycles';
import type { LedgerDatabase } from '../../ledger/database';

/** Adds the calls of a step to its cycle, also those of an attempt that fails: they were made, and they cost. */
export async function countedForCycle<T>(
  db: LedgerDatabase,
  cycleId: string,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly calls: Readonly<Record<string, number>> }> {
  const counts = new Map<string, number>();
  const keep = () => addCycleCalls(db, cycleId, Object.fromEntries(counts));
  const counted = await withCallCounts(work, counts).catch(async (error: unknown) => {
    // Why the work failed matters more than a count that cannot be kept for the same reason.
    await keep().catch(() => undefined);
    throw error;
  });
  await keep();
  return counted;
}
