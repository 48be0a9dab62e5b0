import { sql } from 'kysely';
import { foldName } from '../domain/names';
import { SsakvError } from '../domain/errors/ssakv-error';
import { toJson } from './json';
import type { LedgerDatabase } from './schema';

export type Side = 'keyVault' | 'secretServer';

/** One row of a vault's LIST. Times are Unix seconds, as the service sends them. */
export interface ExternalSecretRow {
  readonly name: string;
  readonly enabled: boolean;
  readonly createdSeconds: number;
  readonly updatedSeconds: number;
  readonly contentType?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly managed: boolean;
}

/** What stands between ssakv and a secret's value. */
export interface SecretAccess {
  readonly checkOutEnabled: boolean;
  readonly checkedOut: boolean;
  readonly requiresApproval: boolean;
  readonly requiresComment: boolean;
  readonly doubleLock: boolean;
  readonly restricted: boolean;
}

/** One secret as Secret Server's search shows it: no field values. */
export interface SecretRow {
  readonly secretId: number;
  readonly name: string;
  readonly folderId: number;
  readonly folderPath: string;
  readonly templateId: number;
  readonly templateName: string;
  readonly active: boolean;
  /** Opaque text of the summary members that matter; another text means "read it again". */
  readonly stamp: string;
  readonly access: SecretAccess;
}

export interface ScanStart {
  readonly generation: number;
  /** By the database's clock. */
  readonly startedAt: Date;
}

/**
 * Starts a scan, or another attempt at one: the newest attempt owns it, and an older one can no longer complete it.
 * Fails with LedgerStatementFailed when the cycle was never opened.
 */
export async function startScan(
  db: LedgerDatabase,
  cycleId: string,
  connector: string,
  side: Side,
): Promise<ScanStart> {
  const { rows } = await sql<{ generation: string; started_at: Date }>`
    insert into scan (cycle_id, side, connector, generation, started_at)
    values (${cycleId}, ${side}, ${connector}, nextval('scan_generation'), clock_timestamp())
    on conflict (cycle_id, side) do update
      set generation = excluded.generation, started_at = excluded.started_at, completed_at = null
    returning generation, started_at`.execute(db);
  const row = rows[0];
  if (row === undefined) throw new SsakvError('LedgerStatementFailed');
  return { generation: Number(row.generation), startedAt: row.started_at };
}

/** Declares everything seen. False when a newer attempt owns the scan: then nothing may be concluded from this one. */
export async function completeScan(
  db: LedgerDatabase,
  cycleId: string,
  side: Side,
  generation: number,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update scan set completed_at = clock_timestamp()
    where cycle_id = ${cycleId} and side = ${side} and generation = ${generation}`.execute(db);
  return numAffectedRows === 1n;
}

/** The completed scans of a cycle; an incomplete one is not told, because nothing may be concluded from it. */
export async function completedScans(
  db: LedgerDatabase,
  cycleId: string,
): Promise<Readonly<Partial<Record<Side, ScanStart>>>> {
  const { rows } = await sql<{ side: Side; generation: string; started_at: Date }>`
    select side, generation, started_at from scan
    where cycle_id = ${cycleId} and completed_at is not null`.execute(db);
  return Object.fromEntries(
    rows.map((row) => [row.side, { generation: Number(row.generation), startedAt: row.started_at }]),
  );
}

/** Records one LIST page. An attempt that was overtaken cannot overwrite rows of its successor. */
export async function recordExternalSecrets(
  db: LedgerDatabase,
  connector: string,
  generation: number,
  rows: readonly ExternalSecretRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const named = rows.map((row) => ({ ...row, foldedName: foldName(row.name) }));
  await sql`
    insert into external_secret (connector, folded_name, name, enabled, created_seconds, updated_seconds,
                                 content_type, tags, managed, generation)
    select distinct on ("foldedName") ${connector}, "foldedName", name, enabled, "createdSeconds", "updatedSeconds",
           "contentType", tags, managed, ${generation}::bigint
    from jsonb_to_recordset(${toJson(named)}::jsonb) as seen(
      "foldedName" text, name text, enabled boolean, "createdSeconds" bigint, "updatedSeconds" bigint,
      "contentType" text, tags jsonb, managed boolean)
    order by "foldedName"
    on conflict (connector, folded_name) do update set
      name = excluded.name, enabled = excluded.enabled, created_seconds = excluded.created_seconds,
      updated_seconds = excluded.updated_seconds, content_type = excluded.content_type, tags = excluded.tags,
      managed = excluded.managed, generation = excluded.generation
    where external_secret.generation <= excluded.generation`.execute(db);
}

/** Records one page of a search. An attempt that was overtaken cannot overwrite rows of its successor. */
export async function recordSecrets(
  db: LedgerDatabase,
  connector: string,
  generation: number,
  rows: readonly SecretRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    insert into secret (connector, secret_id, name, folder_id, folder_path, template_id, template_name, active,
                        stamp, access, generation)
    select distinct on ("secretId") ${connector}, "secretId", name, "folderId", "folderPath", "templateId",
           "templateName", active, stamp, access, ${generation}::bigint
    from jsonb_to_recordset(${toJson(rows)}::jsonb) as seen(
      "secretId" integer, name text, "folderId" integer, "folderPath" text, "templateId" integer,
      "templateName" text, active boolean, stamp text, access jsonb)
    order by "secretId"
    on conflict (connector, secret_id) do update set
      name = excluded.name, folder_id = excluded.folder_id, folder_path = excluded.folder_path,
      template_id = excluded.template_id, template_name = excluded.template_name, active = excluded.active,
      stamp = excluded.stamp, access = excluded.access, generation = excluded.generation
    where secret.generation <= excluded.generation`.execute(db);
}
