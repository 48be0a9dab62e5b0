import { sql } from 'kysely';
import type { Fingerprints } from '../domain/fingerprints';

/** What both sides last agreed on. Fingerprints, never values. */
export interface PairBase {
  readonly keyVaultVersion: string;
  readonly keyVaultUpdatedSeconds: number;
  /** False while a later write of the same second could hide behind the one-second stamp. */
  readonly settled: boolean;
  readonly fingerprints: Fingerprints;
  readonly tags: Readonly<Record<string, string>>;
  readonly sourceStamp: string;
}

/** One Secret Server secret and one external secret kept in step. */
export interface Pair {
  readonly id: number;
  readonly connector: string;
  readonly secretId: number;
  readonly vaultUrl: string;
  readonly externalName: string;
  readonly ssTemplate: string;
  /** Rises by one for each observed change of the mapped fields in Secret Server. */
  readonly syncVersion: number;
  /** Repairs of tags in a row. */
  readonly tagRepairs: number;
  readonly base: PairBase | undefined;
  /** The epoch of the pair's newest lease; 0 before the first. */
  readonly epoch: number;
}

export interface PairRow {
  p_id: number;
  p_connector: string;
  p_secret_id: number;
  p_vault_url: string;
  p_external_name: string;
  p_ss_template: string;
  p_sync_version: number;
  p_tag_repairs: number;
  p_base_version: string | null;
  p_base_updated_seconds: string | null;
  p_base_settled: boolean | null;
  p_base_fingerprints: Record<string, string> | null;
  p_base_tags: Record<string, string> | null;
  p_base_source_stamp: string | null;
  p_epoch: string;
}

/** The columns of a pair `p` with its lease `l`, which may be missing. */
export const pairColumns = sql`
  p.id as p_id, p.connector as p_connector, p.secret_id as p_secret_id, p.vault_url as p_vault_url,
  p.external_name as p_external_name, p.ss_template as p_ss_template, p.sync_version as p_sync_version,
  p.tag_repairs as p_tag_repairs, p.base_version as p_base_version, p.base_updated_seconds as p_base_updated_seconds,
  p.base_settled as p_base_settled, p.base_fingerprints as p_base_fingerprints, p.base_tags as p_base_tags,
  p.base_source_stamp as p_base_source_stamp, coalesce(l.epoch, 0) as p_epoch`;

/** A row of pairColumns as a pair. */
export function pairOf(row: PairRow): Pair {
  return {
    id: row.p_id,
    connector: row.p_connector,
    secretId: row.p_secret_id,
    vaultUrl: row.p_vault_url,
    externalName: row.p_external_name,
    ssTemplate: row.p_ss_template,
    syncVersion: row.p_sync_version,
    tagRepairs: row.p_tag_repairs,
    base: baseOf(row),
    epoch: Number(row.p_epoch),
  };
}

function baseOf(row: PairRow): PairBase | undefined {
  if (row.p_base_version === null) return undefined;
  return {
    keyVaultVersion: row.p_base_version,
    keyVaultUpdatedSeconds: Number(row.p_base_updated_seconds),
    settled: row.p_base_settled ?? false,
    fingerprints: row.p_base_fingerprints ?? {},
    tags: row.p_base_tags ?? {},
    sourceStamp: row.p_base_source_stamp ?? '',
  };
}

/** The members of a PairBase as columns of a JSON record, for statements that move bases. */
export const baseRecord = sql`
  "keyVaultVersion" text, "keyVaultUpdatedSeconds" bigint, settled boolean, fingerprints jsonb, tags jsonb,
  "sourceStamp" text`;

/** Assignments that move `pair`'s base from the record `m` of baseRecord's columns. */
export const baseAssignments = sql`
  base_version = m."keyVaultVersion", base_updated_seconds = m."keyVaultUpdatedSeconds", base_settled = m.settled,
  base_fingerprints = m.fingerprints, base_tags = m.tags, base_source_stamp = m."sourceStamp",
  base_moved_at = clock_timestamp()`;
