import { sql } from 'kysely';
import { intentColumns, intentOf, type Intent, type IntentColumns } from './intent-rows';
import { toJson } from './json';
import { pairColumns, pairOf, type PairRow } from './pair-rows';
import type { Pair } from './pairs';
import {
  externalSecretColumns,
  externalSecretOf,
  secretColumns,
  secretOf,
  type ExternalSecretColumns,
  type SecretColumns,
} from './scan-rows';
import type { ExternalSecretRow, SecretRow } from './scans';
import type { LedgerDatabase } from './schema';

export type MoveReason =
  | 'openIntent'
  | 'noBase'
  | 'hint'
  | 'summary'
  | 'keyVault'
  | 'tags'
  | 'unsettled'
  | 'reread'
  | 'everything'
  | 'gone';

/** A pair that has to be looked at, and why. */
export interface MovedPair {
  readonly pair: Pair;
  readonly reasons: readonly MoveReason[];
  /** As the completed search saw it; undefined when it did not, or when this cycle completed no search. */
  readonly secret: SecretRow | undefined;
  /** As the completed LIST saw it; undefined when it did not, or when this cycle completed no LIST. */
  readonly external: ExternalSecretRow | undefined;
  readonly openIntent: Intent | undefined;
}

export interface MoveSearch {
  readonly connector: string;
  /** Generations of scans; one that is undefined or not completed lets nothing be concluded from its side. */
  readonly secretServerGeneration: number | undefined;
  readonly keyVaultGeneration: number | undefined;
  /** The earlier start of the two scans: a pair whose base is newer is not judged by what they saw. */
  readonly scanStartedAt: Date;
  /** Every pair counts as moved. */
  readonly everything: boolean;
  /** At most so many pairs are re-read only because their last read is old. */
  readonly rereadLimit: number;
  readonly rereadBefore: Date;
  /** Only the pairs of these secrets. */
  readonly sourceSecretIds?: readonly number[];
}

/**
 * One page of the connector's pairs that moved, by pair id after `afterPairId`. A page shorter than `limit` is the last.
 *
 * Nothing is concluded from an incomplete scan, and a pair whose base is newer than the scans is never reported as missing
 * or changed by what they saw: they may have passed it before the write.
 */
export async function findMovedPairs(
  db: LedgerDatabase,
  search: MoveSearch,
  afterPairId: number,
  limit: number,
): Promise<readonly MovedPair[]> {
  const { rows } = await sql<MovedRow>`
    with scans as (${completedGenerations(search)}),
    due as (${dueForReread(search)}),
    judged as (
      select ${pairColumns}, ${secretColumns}, ${externalSecretColumns}, ${intentColumns}, ${reasonColumns(search)}
      from pair p
      cross join scans
      left join lease l on l.key = 'pair:' || p.id
      left join secret s on s.connector = p.connector and s.secret_id = p.secret_id
        and s.generation >= scans.secret_server
      left join external_secret e on e.connector = p.connector and e.folded_name = p.folded_name
        and e.generation >= scans.key_vault
      left join intent i on i.pair_id = p.id and i.closed_at is null
      left join due on due.id = p.id
      where p.connector = ${search.connector} and p.id > ${afterPairId} and ${amongSources(search)}
    )
    select * from judged
    where "openIntent" or "noBase" or hint or summary or "keyVault" or tags or unsettled or reread or everything or gone
    order by p_id limit ${limit}`.execute(db);
  return rows.map((row) => ({
    pair: pairOf(row),
    reasons: reasonNames.filter((name) => row[name] === true),
    secret: secretOf(row),
    external: externalSecretOf(row),
    openIntent: intentOf(row),
  }));
}

type MovedRow = PairRow &
  SecretColumns &
  ExternalSecretColumns &
  IntentColumns &
  Readonly<Record<MoveReason, boolean | null>>;

const reasonNames: readonly MoveReason[] = [
  'openIntent',
  'noBase',
  'hint',
  'summary',
  'keyVault',
  'tags',
  'unsettled',
  'reread',
  'everything',
  'gone',
];

/** Null for a side without a completed scan; a comparison with null is never true. */
function completedGenerations({ secretServerGeneration, keyVaultGeneration }: MoveSearch) {
  return sql`
    select
      (select generation from scan
       where generation = ${secretServerGeneration ?? null}::bigint and side = 'secretServer'
         and completed_at is not null) as secret_server,
      (select generation from scan
       where generation = ${keyVaultGeneration ?? null}::bigint and side = 'keyVault'
         and completed_at is not null) as key_vault`;
}

/** The oldest reads, minus what was read since the scans began, so that paging and marking do not raise the limit. */
function dueForReread(search: MoveSearch) {
  return sql`
    select id from pair
    where connector = ${search.connector} and last_read_at < ${search.rereadBefore}
    order by last_read_at, id
    limit greatest(0, ${search.rereadLimit}::integer - (
      select count(*) from pair
      where connector = ${search.connector} and last_read_at >= ${search.scanStartedAt}))`;
}

function amongSources({ sourceSecretIds }: MoveSearch) {
  if (sourceSecretIds === undefined) return sql`true`;
  return sql`p.secret_id in (
    select value::integer from jsonb_array_elements_text(${toJson(sourceSecretIds)}::jsonb) as ids(value))`;
}

function reasonColumns({ everything, scanStartedAt }: MoveSearch) {
  const baseIsOlder = sql`p.base_moved_at < ${scanStartedAt}::timestamptz`;
  return sql`
    i.operation_id is not null as "openIntent",
    p.base_version is null as "noBase",
    exists (select 1 from pending_change c
            where c.connector = p.connector and c.secret_id = p.secret_id) as hint,
    s.stamp <> p.base_source_stamp as summary,
    ${baseIsOlder} and scans.key_vault is not null
      and (e.name is null or not e.enabled or e.updated_seconds <> p.base_updated_seconds) as "keyVault",
    ${baseIsOlder} and e.tags <> p.base_tags as tags,
    not p.base_settled as unsettled,
    due.id is not null as reread,
    ${everything}::boolean as everything,
    (not s.active or (s.secret_id is null and scans.secret_server is not null
      and coalesce(p.base_moved_at, p.created_at) < ${scanStartedAt}::timestamptz)) as gone`;
}
