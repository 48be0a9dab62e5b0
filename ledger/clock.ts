import { sql } from 'kysely';
import type { LedgerDatabase } from './schema';

/** The database's clock, by which all leases and budgets live. */
export async function readLedgerClock(db: LedgerDatabase): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
  return rows[0]?.now ?? new Date(Number.NaN);
}
