import { sql } from 'kysely';
import { foldName } from '../domain/names';
import { toJson } from './json';
import {
  baseAssignments,
  baseRecord,
  pairColumns,
  pairOf,
  type Pair,
  type PairBase,
  type PairRow,
} from './pair-rows';
import { readsBeganAt, unfinishedDecision } from './pending-changes';
import { secretColumns, secretOf, type SecretColumns } from './scan-rows';
import type { SecretRow } from './scans';
import type { LedgerDatabase } from './schema';

export type { Pair, PairBase } from './pair-rows';

export interface NewPair {
  readonly secretId: number;
  readonly externalName: string;
  readonly ssTemplate: string;
}

export interface NameCollision {
  readonly secretId: number;
  readonly externalName: string;
  readonly takenByConnector: string;
  readonly takenBySecretId: number;
}

/** Active secrets that the given completed scan saw and that have no pair, by secret id after `afterSecretId`. */
export async function listUnpairedSecrets(
  db: LedgerDatabase,
  connector: string,
  generation: number,
  afterSecretId: number,
  limit: number,
): Promise<readonly SecretRow[]> {
  const { rows } = await sql<SecretColumns>`
    select ${secretColumns} from secret s
    where s.connector = ${connector} and s.secret_id > ${afterSecretId} and s.active
      and s.generation >= ${generation}
      and exists (select 1 from scan where generation = ${generation} and completed_at is not null)
      and not exists (select 1 from pair p where p.connector = s.connector and p.secret_id = s.secret_id)
    order by s.secret_id limit ${limit}`.execute(db);
  return rows.flatMap((row) => secretOf(row) ?? []);
}

/**
 * Makes pairs. A secret that already has one is passed over. Names are unique in a vault without regard to case, over all
 * connectors; a name that is taken makes no pair and comes back as a collision.
 */
export async function insertPairs(
  db: LedgerDatabase,
  connector: string,
  vaultUrl: string,
  rows: readonly NewPair[],
): Promise<{ collisions: readonly NameCollision[] }> {
  if (rows.length === 0) return { collisions: [] };
  const wanted = toJson(rows.map((row) => ({ ...row, foldedName: foldName(row.externalName) })));
  const wantedColumns = sql`"secretId" integer, "externalName" text, "ssTemplate" text, "foldedName" text`;
  await sql`
    insert into pair (connector, secret_id, vault_url, external_name, folded_name, ss_template)
    select ${connector}, "secretId", ${vaultUrl}, "externalName", "foldedName", "ssTemplate"
    from jsonb_to_recordset(${wanted}::jsonb) as wanted(${wantedColumns})
    order by "secretId"
    on conflict do nothing`.execute(db);
  const { rows: collisions } = await sql<NameCollision>`
    select wanted."secretId", wanted."externalName", other.connector as "takenByConnector",
           other.secret_id as "takenBySecretId"
    from jsonb_to_recordset(${wanted}::jsonb) as wanted(${wantedColumns})
    join pair other on other.vault_url = ${vaultUrl} and other.folded_name = wanted."foldedName"
    where not exists (select 1 from pair p where p.connector = ${connector} and p.secret_id = wanted."secretId")
    order by wanted."secretId"`.execute(db);
  return { collisions };
}

/**
 * Lets pairs follow their secrets to another template: one that was renamed, or to which the secret was converted. The name
 * in Key Vault stays.
 */
export async function followTemplates(
  db: LedgerDatabase,
  connector: string,
  secrets: readonly Pick<SecretRow, 'secretId' | 'templateName'>[],
): Promise<void> {
  const seen = secrets
    .filter(({ templateName }) => templateName !== '')
    .map(({ secretId, templateName }) => ({ secretId, templateName }));
  if (seen.length === 0) return;
  await sql`
    with moved as (
      select p.id, seen."templateName" from pair p
      join jsonb_to_recordset(${toJson(seen)}::jsonb) as seen("secretId" integer, "templateName" text)
        on seen."secretId" = p.secret_id
      where p.connector = ${connector} and lower(p.ss_template) <> lower(seen."templateName")
      order by p.id for update of p
    )
    update pair set ss_template = moved."templateName" from moved where pair.id = moved.id`.execute(db);
}

/** The pairs of these secrets, by pair id; secrets without a pair are missing from the answer. */
export async function getPairs(
  db: LedgerDatabase,
  connector: string,
  secretIds: readonly number[],
): Promise<readonly Pair[]> {
  const { rows } = await sql<PairRow>`
    select ${pairColumns} from pair p left join lease l on l.key = 'pair:' || p.id
    where p.connector = ${connector}
      and p.secret_id in (select value::integer from jsonb_array_elements_text(${toJson(secretIds)}::jsonb) as ids(value))
    order by p.id`.execute(db);
  return rows.map(pairOf);
}

/**
 * Notes that both the cycle's decision and its read of these pairs are recorded, and removes the hints that the read has
 * satisfied. Hints noted after the cycle's search, and those of unfinished decisions, stay.
 */
export async function markRead(
  db: LedgerDatabase,
  pairIds: readonly number[],
  cycleId: string,
): Promise<void> {
  if (pairIds.length === 0) return;
  const ids = toJson(pairIds);
  await sql`
    with read as (
      select id from pair where id in (select value::integer from jsonb_array_elements_text(${ids}::jsonb) as i(value))
      order by id for update
    ), marked as (
      update pair set last_read_at = clock_timestamp() from read where pair.id = read.id
      returning pair.connector, pair.secret_id
    )
    delete from pending_change c using marked
    where c.connector = marked.connector and c.secret_id = marked.secret_id
      and c.source <> ${unfinishedDecision} and c.noted_at <= ${readsBeganAt(cycleId)}`.execute(db);
}

export interface BaseMove {
  readonly pairId: number;
  readonly base: PairBase;
  readonly syncVersion: number;
  /** Moves only while the pair's newest lease still has this epoch (Pair.epoch as it was read). */
  readonly expectedEpoch?: number;
  /** Repairs of tags in a row; left as it is when absent. */
  readonly tagRepairs?: number;
}

/**
 * Moves bases without a write of a value. Returns the ids of the pairs whose base moved: one with an open intent or with
 * another epoch than expected belongs to somebody else and stays as it is.
 */
export async function moveBases(
  db: LedgerDatabase,
  entries: readonly BaseMove[],
): Promise<readonly number[]> {
  if (entries.length === 0) return [];
  const moves = entries.map(({ pairId, base, syncVersion, expectedEpoch, tagRepairs }) => ({
    pairId,
    syncVersion,
    expectedEpoch,
    tagRepairs,
    ...base,
  }));
  const { rows } = await sql<{ id: number }>`
    with moves as (
      select * from jsonb_to_recordset(${toJson(moves)}::jsonb) as m(
        "pairId" integer, "syncVersion" integer, "expectedEpoch" bigint, "tagRepairs" integer, ${baseRecord})
    ), locked as (
      select p.id from pair p join moves on moves."pairId" = p.id order by p.id for update of p
    )
    update pair p set ${baseAssignments}, sync_version = m."syncVersion", last_read_at = clock_timestamp(),
                      tag_repairs = coalesce(m."tagRepairs", p.tag_repairs)
    from moves m join locked on locked.id = m."pairId"
    left join lease l on l.key = 'pair:' || m."pairId"
    where p.id = m."pairId"
      and (m."expectedEpoch" is null or m."expectedEpoch" = coalesce(l.epoch, 0))
      and not exists (select 1 from intent i where i.pair_id = p.id and i.closed_at is null)
    returning p.id`.execute(db);
  return rows.map(({ id }) => id).sort((a, b) => a - b);
}
