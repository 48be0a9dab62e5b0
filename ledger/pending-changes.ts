import { sql, type RawBuilder } from 'kysely';
import { toJson } from './json';
import type { LedgerDatabase, LedgerTransaction } from './schema';

/** Where a source of changes stopped, or undefined before its first time. */
export async function readChangeCursor(
  db: LedgerDatabase,
  connector: string,
  source: string,
): Promise<unknown> {
  const { rows } = await sql<{ cursor: unknown }>`
    select cursor from change_cursor where connector = ${connector} and source = ${source}`.execute(db);
  return rows[0]?.cursor;
}

/** Records hints and moves the source's cursor in one transaction, so that a crash loses no hint. */
export async function noteChanges(
  db: LedgerDatabase,
  connector: string,
  source: string,
  secretIds: readonly number[],
  cursor: unknown,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await notePendingChanges(trx, connector, source, secretIds);
    await sql`
      insert into change_cursor (connector, source, cursor)
      values (${connector}, ${source}, ${toJson(cursor)})
      on conflict (connector, source) do update set cursor = excluded.cursor, moved_at = now()`.execute(trx);
  });
}

/** Notes hints of a source, the same secret once. */
export async function notePendingChanges(
  trx: LedgerTransaction,
  connector: string,
  source: string,
  secretIds: readonly number[],
): Promise<void> {
  if (secretIds.length === 0) return;
  await sql`
    insert into pending_change (connector, secret_id, source, noted_at)
    select ${connector}, value::integer, ${source}, clock_timestamp()
    from jsonb_array_elements_text(${toJson([...new Set(secretIds)])}::jsonb) as ids(value)
    order by 2
    on conflict (connector, secret_id, source) do update set noted_at = excluded.noted_at`.execute(trx);
}

/** The source of hints that ssakv gives itself for a decision that is not carried out yet. */
export const unfinishedDecision = 'unfinishedDecision';

/**
 * SQL: the moment before which a cycle's reads are certain to have seen every noted change. Values are read only after the
 * search is complete, so a hint noted before that is satisfied; a later one is kept for the next cycle. `cycleId` is a value or a column.
 */
export function readsBeganAt(cycleId: string | RawBuilder<unknown>): RawBuilder<Date> {
  return sql<Date>`coalesce(
    (select completed_at from scan where cycle_id = ${cycleId} and side = 'secretServer'),
    (select opened_at from cycle where id = ${cycleId}))`;
}
