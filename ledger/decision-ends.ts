import { sql } from 'kysely';
import { isProblem } from './decision-rows';
import type { LedgerDatabase } from './schema';

/**
 * Ends a cycle's plan: rows that are still planned were not synced in it and become `failed`, with the code of the last
 * attempt or `NotReached`. Their hints stay, so that the next cycle takes them up.
 */
export async function closePlannedDecisions(db: LedgerDatabase, cycleId: string): Promise<void> {
  await sql`
    update decision set state = 'failed', code = coalesce(code, 'NotReached')
    where cycle_id = ${cycleId} and state = 'planned'`.execute(db);
}

/** How many decisions of a cycle a person should know about. */
export async function countDecisionProblems(db: LedgerDatabase, cycleId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from decision d
    where d.cycle_id = ${cycleId} and ${isProblem}`.execute(db);
  return rows[0]?.count ?? 0;
}
