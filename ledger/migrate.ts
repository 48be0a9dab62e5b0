import { sql } from 'kysely';
import { SsakvError } from '../domain/errors/ssakv-error';
import { firstSchema } from './migrations/0001-first-schema';
import type { LedgerDatabase } from './schema';

/** Oldest first. A released migration never changes. */
const migrations = [firstSchema] as const;

/**
 * Brings the schema to this version's and tells which migrations were applied, oldest first. Safe to run from several
 * processes at once. Fails with LedgerNewerThanProgram on a schema of a newer version.
 *
 * Not kysely's Migrator: that one takes a session-level advisory lock, and on PGlite all connections share one session,
 * so the lock excludes nobody and outlives a killed client. A table lock ends with its transaction on both databases.
 */
export async function migrateLedger(db: LedgerDatabase): Promise<{ applied: readonly string[] }> {
  await createMigrationTable(db);
  return await db.transaction().execute(async (trx) => {
    await sql`lock table ledger_migration in exclusive mode`.execute(trx);
    const present = await appliedMigrations(trx);
    refuseNewer(present);
    const applied: string[] = [];
    for (const migration of migrations.filter(({ name }) => !present.has(name))) {
      await sql.raw(migration.sql).execute(trx);
      await sql`insert into ledger_migration (name) values (${migration.name})`.execute(trx);
      applied.push(migration.name);
    }
    return { applied };
  });
}

/** Fails with LedgerNotMigrated or LedgerNewerThanProgram unless the schema is exactly this version's. */
export async function requireMigrated(db: LedgerDatabase): Promise<void> {
  const found = await sql<{ present: boolean }>`
    select to_regclass('ledger_migration') is not null as present`.execute(db);
  if (found.rows[0]?.present !== true) throw new SsakvError('LedgerNotMigrated');
  const present = await appliedMigrations(db);
  refuseNewer(present);
  const missing = migrations.filter(({ name }) => !present.has(name)).map(({ name }) => name);
  if (missing.length > 0)
    throw new SsakvError('LedgerNotMigrated', { detail: `Missing: ${missing.join(', ')}.` });
}

function refuseNewer(present: ReadonlySet<string>): void {
  const known = new Set<string>(migrations.map(({ name }) => name));
  const unknown = [...present].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new SsakvError('LedgerNewerThanProgram', { detail: `It also has: ${unknown.join(', ')}.` });
  }
}

async function appliedMigrations(db: LedgerDatabase): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ name: string }>`select name from ledger_migration`.execute(db);
  return new Set(rows.map(({ name }) => name));
}

async function createMigrationTable(db: LedgerDatabase): Promise<void> {
  // Two simultaneous `create table if not exists` can collide in PostgreSQL's catalogue; the block makes the loser a no-op.
  await sql
    .raw(
      `do $$ begin
         create table if not exists ledger_migration (name text primary key, applied_at timestamptz not null default now());
       exception when unique_violation or duplicate_table then null;
       end $$`,
    )
    .execute(db);
}
