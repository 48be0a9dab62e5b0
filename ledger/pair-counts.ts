import { sql } from 'kysely';
import type { LedgerDatabase } from './schema';

/** How many pairs a connector has. */
export async function countPairs(db: LedgerDatabase, connector: string): Promise<number> {
  const { rows } = await sql<{ pairs: number }>`
    select count(*)::integer as pairs from pair where connector = ${connector}`.execute(db);
  return rows[0]?.pairs ?? 0;
}
