import { sql } from 'kysely';
import { SsakvError } from '../domain/errors/ssakv-error';
import { toJson } from './json';
import { ensureLeaseRows } from './leases';
import type { LedgerDatabase } from './schema';

export type CycleKind = 'full' | 'targeted';
export type CycleOutcome = 'Completed' | 'Cancelled' | 'Failed' | 'DryRun';

/** `keyVault.list`, `secretServer.read`, `entra.token`, … */
export type CallCounts = Readonly<Record<string, number>>;

export interface NewCycle {
  /** A UUID; also the correlation id of the cycle's scans. */
  readonly id: string;
  readonly connector: string;
  readonly kind: CycleKind;
  readonly dryRun: boolean;
  readonly workflowId: string;
  readonly runId: string;
}

export interface CycleRecord extends NewCycle {
  readonly openedAt: Date;
  readonly closedAt: Date | undefined;
  readonly outcome: CycleOutcome | undefined;
  readonly counts: Readonly<Record<string, number>>;
  readonly planHash: string | undefined;
  readonly calls: CallCounts;
}

export interface CycleOwner {
  readonly workflowId: string;
  readonly runId: string;
}

export type CycleLeaseResult = { readonly kind: 'taken' } | ({ readonly kind: 'held' } & CycleOwner);

/**
 * Takes the connector's lease for full cycles, which only one run has at a time. It does not expire: who finds it held asks
 * Temporal whether that run is still open, and if not names its run id as `displacing`. Taking it twice is harmless.
 */
export async function tryTakeCycleLease(
  db: LedgerDatabase,
  connector: string,
  owner: CycleOwner,
  displacing?: string,
): Promise<CycleLeaseResult> {
  const key = cycleLeaseKey(connector);
  return await db.transaction().execute(async (trx) => {
    await ensureLeaseRows(trx, [key]);
    const held = await trx
      .selectFrom('lease')
      .select(['owner', 'owner_workflow_id'])
      .where('key', '=', key)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (held.owner !== null && held.owner !== owner.runId && held.owner !== displacing) {
      return { kind: 'held', workflowId: held.owner_workflow_id ?? '', runId: held.owner };
    }
    await sql`
      update lease set owner = ${owner.runId}, owner_workflow_id = ${owner.workflowId}, expires_at = 'infinity',
                       epoch = epoch + case when owner is not distinct from ${owner.runId} then 0 else 1 end
      where key = ${key}`.execute(trx);
    return { kind: 'taken' };
  });
}

/** Gives the lease back if this run still has it. The epoch stays. */
export async function releaseCycleLease(db: LedgerDatabase, connector: string, runId: string): Promise<void> {
  await sql`
    update lease set owner = null, owner_workflow_id = null, expires_at = clock_timestamp()
    where key = ${cycleLeaseKey(connector)} and owner = ${runId}`.execute(db);
}

/** Idempotent on the id. Fails with ConnectorUnknown. */
export async function openCycle(db: LedgerDatabase, cycle: NewCycle): Promise<void> {
  const result = await sql`
    insert into cycle (id, connector, kind, dry_run, workflow_id, run_id)
    select ${cycle.id}, name, ${cycle.kind}, ${cycle.dryRun}, ${cycle.workflowId}, ${cycle.runId}
    from connector where name = ${cycle.connector}
    on conflict (id) do update set run_id = cycle.run_id`.execute(db);
  if (result.numAffectedRows === 0n) {
    throw new SsakvError('ConnectorUnknown', { detail: `Name: ${cycle.connector}.` });
  }
}

export interface CycleEnd {
  readonly outcome: CycleOutcome;
  readonly counts: Readonly<Record<string, number>>;
  readonly planHash?: string;
  /** Totals by side and operation; they replace what addCycleCalls accumulated, unless empty. */
  readonly calls: CallCounts;
}

/** Closes a cycle; closing it again overwrites. Fails with CycleUnknown. */
export async function closeCycle(db: LedgerDatabase, id: string, end: CycleEnd): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const result = await sql`
      update cycle set outcome = ${end.outcome}, counts = ${toJson(end.counts)}, closed_at = clock_timestamp(),
                       plan_hash = coalesce(${end.planHash ?? null}, plan_hash)
      where id = ${id}`.execute(trx);
    if (result.numAffectedRows === 0n) throw new SsakvError('CycleUnknown', { detail: `Id: ${id}.` });
    if (Object.keys(end.calls).length === 0) return;
    await sql`delete from cycle_call where cycle_id = ${id}`.execute(trx);
    await sql`
      insert into cycle_call (cycle_id, operation, calls)
      select ${id}, key, value::bigint from jsonb_each_text(${toJson(end.calls)}::jsonb)`.execute(trx);
  });
}

/** Adds to what was counted so far; called once per finished batch. */
export async function addCycleCalls(db: LedgerDatabase, cycleId: string, calls: CallCounts): Promise<void> {
  if (Object.keys(calls).length === 0) return;
  await sql`
    insert into cycle_call (cycle_id, operation, calls)
    select ${cycleId}, key, value::bigint from jsonb_each_text(${toJson(calls)}::jsonb) order by key
    on conflict (cycle_id, operation) do update set calls = cycle_call.calls + excluded.calls`.execute(db);
}

/** The cycle with its counted calls, or undefined. */
export async function getCycle(db: LedgerDatabase, id: string): Promise<CycleRecord | undefined> {
  const { rows } = await sql<CycleRow>`${cycleColumns} where c.id = ${id}`.execute(db);
  return rows.map(cycleRecord)[0];
}

/** The connector's cycles, newest first. */
export async function listCycles(
  db: LedgerDatabase,
  connector: string,
  limit: number,
): Promise<readonly CycleRecord[]> {
  const { rows } = await sql<CycleRow>`
    ${cycleColumns} where c.connector = ${connector} order by c.opened_at desc limit ${limit}`.execute(db);
  return rows.map(cycleRecord);
}

interface CycleRow {
  id: string;
  connector: string;
  kind: CycleKind;
  dry_run: boolean;
  workflow_id: string;
  run_id: string;
  opened_at: Date;
  closed_at: Date | null;
  outcome: CycleOutcome | null;
  counts: Record<string, number>;
  plan_hash: string | null;
  calls: Record<string, number>;
}

const cycleColumns = sql`
  select c.id, c.connector, c.kind, c.dry_run, c.workflow_id, c.run_id, c.opened_at, c.closed_at, c.outcome, c.counts,
         c.plan_hash,
         (select coalesce(jsonb_object_agg(operation, calls), '{}') from cycle_call where cycle_id = c.id) as calls
  from cycle c`;

function cycleRecord(row: CycleRow): CycleRecord {
  return {
    id: row.id,
    connector: row.connector,
    kind: row.kind,
    dryRun: row.dry_run,
    workflowId: row.workflow_id,
    runId: row.run_id,
    openedAt: row.opened_at,
    closedAt: row.closed_at ?? undefined,
    outcome: row.outcome ?? undefined,
    counts: row.counts,
    planHash: row.plan_hash ?? undefined,
    calls: row.calls,
  };
}

function cycleLeaseKey(connector: string): string {
  return `cycle:${connector}`;
}
