import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import type { ConnectorSettings, ConnectorState } from '../domain/connectors';
import { SsakvError } from '../domain/errors/ssakv-error';
import type { CycleOutcome } from './cycles';
import { toJson } from './json';
import type { LedgerDatabase, LedgerTransaction } from './schema';

export interface ConnectorRecord {
  readonly settings: ConnectorSettings;
  readonly version: number;
  readonly state: ConnectorState;
  readonly stateReason: string | undefined;
}

export interface ConnectorOverview {
  readonly name: string;
  readonly state: ConnectorState;
  readonly stateReason: string | undefined;
  readonly version: number;
  readonly vaultUrl: string;
  readonly secretServer: string;
  readonly pairs: number;
  readonly lastCycle: LastCycle | undefined;
}

/** The connector's newest full cycle that is over and wrote. */
interface LastCycle {
  readonly id: string;
  readonly outcome: CycleOutcome;
  readonly openedAt: Date;
  readonly closedAt: Date;
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * Records the settings as the connector's newest version; unchanged settings make no version.
 * Fails with ConnectorImmutable when the vault changes after pairs were made.
 */
export async function applyConnector(
  db: LedgerDatabase,
  settings: ConnectorSettings,
  appliedBy: string,
): Promise<{ version: number; changed: boolean }> {
  const name = settings.displayName;
  return await db.transaction().execute(async (trx) => {
    const present = await lockConnector(trx, name);
    const comparable: unknown = JSON.parse(toJson(settings));
    if (present !== undefined && isDeepStrictEqual(present.settings, comparable)) {
      return { version: present.version, changed: false };
    }
    if (present !== undefined && present.vault_url !== settings.vault.url) await refuseOtherVault(trx, name);
    const version = (present?.version ?? 0) + 1;
    await recordVersion(trx, settings, version, appliedBy);
    return { version, changed: true };
  });
}

/** The connector as applied last, or undefined when there is none of that name. */
export async function getConnector(db: LedgerDatabase, name: string): Promise<ConnectorRecord | undefined> {
  const row = await db.selectFrom('connector').selectAll().where('name', '=', name).executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    settings: row.settings,
    version: row.version,
    state: row.state,
    stateReason: row.state_reason ?? undefined,
  };
}

/** All connectors by name, with the number of their pairs and their newest closed cycle. */
export async function listConnectors(db: LedgerDatabase): Promise<readonly ConnectorOverview[]> {
  const { rows } = await sql<OverviewRow>`
    select c.name, c.state, c.state_reason, c.version, c.vault_url, c.secret_server,
           (select count(*)::integer from pair p where p.connector = c.name) as pairs,
           last.id as cycle_id, last.outcome, last.opened_at, last.closed_at, last.counts
    from connector c
    left join lateral (
      select * from cycle where cycle.connector = c.name and closed_at is not null and kind = 'full' and not dry_run
      order by opened_at desc limit 1
    ) last on true
    order by c.name`.execute(db);
  return rows.map(overview);
}

/** Fails with ConnectorUnknown. */
export async function setConnectorState(
  db: LedgerDatabase,
  name: string,
  state: ConnectorState,
  reason?: string,
): Promise<void> {
  const result = await db
    .updateTable('connector')
    .set({ state, state_reason: reason ?? null })
    .where('name', '=', name)
    .executeTakeFirst();
  if (result.numUpdatedRows === 0n) throw new SsakvError('ConnectorUnknown', { detail: `Name: ${name}.` });
}

interface OverviewRow {
  name: string;
  state: ConnectorState;
  state_reason: string | null;
  version: number;
  vault_url: string;
  secret_server: string;
  pairs: number;
  cycle_id: string | null;
  outcome: CycleOutcome | null;
  opened_at: Date | null;
  closed_at: Date | null;
  counts: Record<string, number> | null;
}

function overview(row: OverviewRow): ConnectorOverview {
  return {
    name: row.name,
    state: row.state,
    stateReason: row.state_reason ?? undefined,
    version: row.version,
    vaultUrl: row.vault_url,
    secretServer: row.secret_server,
    pairs: row.pairs,
    lastCycle: lastCycle(row),
  };
}

function lastCycle({
  cycle_id: id,
  outcome,
  opened_at,
  closed_at,
  counts,
}: OverviewRow): LastCycle | undefined {
  if (id === null || outcome === null || opened_at === null || closed_at === null) return undefined;
  return {
    id,
    outcome,
    openedAt: opened_at,
    closedAt: closed_at,
    counts: counts ?? {},
  };
}

async function lockConnector(trx: LedgerTransaction, name: string) {
  return await trx
    .selectFrom('connector')
    .select(['version', 'settings', 'vault_url'])
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirst();
}

async function refuseOtherVault(trx: LedgerTransaction, name: string): Promise<void> {
  const { rows } = await sql`select 1 from pair where connector = ${name} limit 1`.execute(trx);
  if (rows.length > 0) throw new SsakvError('ConnectorImmutable', { detail: `Connector: ${name}.` });
}

async function recordVersion(
  trx: LedgerTransaction,
  settings: ConnectorSettings,
  version: number,
  appliedBy: string,
): Promise<void> {
  const { displayName: name, vault, secretServer } = settings;
  const json = toJson(settings);
  await sql`insert into vault (url) values (${vault.url}) on conflict do nothing`.execute(trx);
  await sql`
    insert into connector (name, vault_url, secret_server, state, version, settings, applied_by)
    values (${name}, ${vault.url}, ${secretServer.name}, 'Registered', ${version}, ${json}, ${appliedBy})
    on conflict (name) do update set
      vault_url = excluded.vault_url, secret_server = excluded.secret_server, version = excluded.version,
      settings = excluded.settings, applied_by = excluded.applied_by, applied_at = now()`.execute(trx);
  await sql`
    insert into connector_version (connector, version, settings, applied_by)
    values (${name}, ${version}, ${json}, ${appliedBy})`.execute(trx);
}
