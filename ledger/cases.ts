import { sql } from 'kysely';
import type { ErrorCode } from '../domain/errors/catalogue';
import { toJson } from './json';
import type { LedgerDatabase } from './schema';

/** Something a person must settle, as a cycle found it. */
export interface CaseEntry {
  readonly connector: string;
  readonly secretId: number;
  readonly externalName: string;
  readonly pairId?: number;
  readonly kind: string;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly cycleId: string;
}

export interface CaseRecord extends Omit<CaseEntry, 'cycleId'> {
  readonly id: number;
  readonly openedAt: Date;
  readonly lastSeenAt: Date;
  readonly closedAt: Date | undefined;
  readonly resolution: string | undefined;
}

export interface CaseFilter {
  readonly connector?: string;
  readonly open: boolean;
  /** List after this case id. */
  readonly after?: number;
  readonly limit: number;
}

/** Opens cases; one that is open already for the same secret and kind is only seen again. */
export async function openCases(db: LedgerDatabase, entries: readonly CaseEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await sql`
    insert into operator_case (connector, secret_id, pair_id, external_name, kind, code, detail, first_cycle_id,
                               last_cycle_id)
    select distinct on (connector, "secretId", kind)
           connector, "secretId", "pairId", "externalName", kind, code, detail, "cycleId", "cycleId"
    from jsonb_to_recordset(${toJson(entries)}::jsonb) as c(
      connector text, "secretId" integer, "pairId" integer, "externalName" text, kind text, code text, detail text,
      "cycleId" uuid)
    order by connector, "secretId", kind
    on conflict (connector, secret_id, kind) where closed_at is null do update set
      pair_id = excluded.pair_id, external_name = excluded.external_name, code = excluded.code,
      detail = excluded.detail, last_cycle_id = excluded.last_cycle_id,
      last_seen_at = clock_timestamp()`.execute(db);
}

/**
 * Closes the open cases that a full cycle did not see again, as resolved, and tells how many. A dry run, a targeted cycle and
 * one whose scans are not both complete close nothing: they may not have looked.
 */
export async function closeCasesNotSeen(
  db: LedgerDatabase,
  connector: string,
  cycleId: string,
): Promise<number> {
  const { numAffectedRows } = await sql`
    update operator_case set closed_at = clock_timestamp(), resolution = 'resolved'
    where connector = ${connector} and closed_at is null and last_cycle_id <> ${cycleId}
      and exists (select 1 from cycle where id = ${cycleId} and connector = ${connector} and kind = 'full'
                                        and not dry_run and operator_case.opened_at < cycle.opened_at)
      and (select count(*) from scan where cycle_id = ${cycleId} and completed_at is not null) = 2`.execute(
    db,
  );
  return Number(numAffectedRows ?? 0n);
}

/** Cases by id. */
export async function listCases(db: LedgerDatabase, filter: CaseFilter): Promise<readonly CaseRecord[]> {
  const { connector = null, open, after = 0, limit } = filter;
  const { rows } = await sql<CaseRow>`
    select id, connector, secret_id, pair_id, external_name, kind, code, detail, opened_at, last_seen_at, closed_at,
           resolution
    from operator_case
    where id > ${after} and (closed_at is null) = ${open}::boolean
      and (${connector}::text is null or connector = ${connector})
    order by id limit ${limit}`.execute(db);
  return rows.map((row) => ({
    id: row.id,
    connector: row.connector,
    secretId: row.secret_id,
    ...(row.pair_id === null ? {} : { pairId: row.pair_id }),
    externalName: row.external_name,
    kind: row.kind,
    code: row.code,
    detail: row.detail,
    openedAt: row.opened_at,
    lastSeenAt: row.last_seen_at,
    closedAt: row.closed_at ?? undefined,
    resolution: row.resolution ?? undefined,
  }));
}

interface CaseRow {
  id: number;
  connector: string;
  secret_id: number;
  pair_id: number | null;
  external_name: string;
  kind: string;
  code: ErrorCode;
  detail: string;
  opened_at: Date;
  last_seen_at: Date;
  closed_at: Date | null;
  resolution: string | null;
}
