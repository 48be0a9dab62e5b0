import { sql } from 'kysely';
import type { Fingerprints } from '../domain/fingerprints';
import type { LedgerDatabase } from './schema';

/**
 * What an operation wanted to write that was closed as not landed, or undefined for any other operation. Met as the
 * newest version after all, it is our own late write.
 */
export async function unlandedIntent(
  db: LedgerDatabase,
  pairId: number,
  operationId: string,
): Promise<Fingerprints | undefined> {
  const { rows } = await sql<{ intended: Fingerprints }>`
    select intended_fingerprints as intended from intent
    where operation_id = ${operationId}::uuid and pair_id = ${pairId} and outcome = 'notLanded'`.execute(db);
  return rows[0]?.intended;
}
