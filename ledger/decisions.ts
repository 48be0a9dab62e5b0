import { sql } from 'kysely';
import type { ErrorCode } from '../domain/errors/catalogue';
import { SsakvError } from '../domain/errors/ssakv-error';
import {
  decisionColumns,
  decisionOf,
  isProblem,
  plannedPair,
  plannedRows,
  type DecisionColumns,
  type DecisionRow,
  type DecisionState,
  type PlannedPair,
  type PlannedRow,
} from './decision-rows';
import { toJson } from './json';
import { notePendingChanges, unfinishedDecision } from './pending-changes';
import type { LedgerDatabase, LedgerTransaction } from './schema';

export type { DecisionRow, DecisionState, PlannedPair } from './decision-rows';

export interface DecisionChange {
  readonly pairId: number;
  readonly state: DecisionState;
  readonly code?: ErrorCode | undefined;
  readonly detail?: string | undefined;
  readonly decision?: string;
}

/**
 * Records decisions, one per secret and cycle. Recording again replaces them until the plan is paginated; after that nothing
 * is recorded. A decision that is not carried out yet keeps a hint on its secret, so that no later cycle overlooks it.
 */
export async function recordDecisions(
  db: LedgerDatabase,
  cycleId: string,
  rows: readonly DecisionRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await db.transaction().execute(async (trx) => {
    const cycle = await lockCycle(trx, cycleId);
    if (cycle.plan_pages !== null) return;
    await sql`
      insert into decision (cycle_id, secret_id, pair_id, external_name, row_number, decision, code, detail,
                            key_vault_version, sync_version, state)
      select distinct on ("secretId") ${cycleId}::uuid, "secretId", "pairId", "externalName", "row", decision, code,
             detail, "keyVaultVersion", "syncVersion", state
      from jsonb_to_recordset(${toJson(rows)}::jsonb) as d(
        "secretId" integer, "pairId" integer, "externalName" text, "row" integer, decision text, code text,
        detail text, "keyVaultVersion" text, "syncVersion" integer, state text)
      order by "secretId"
      on conflict (cycle_id, secret_id) do update set
        pair_id = excluded.pair_id, external_name = excluded.external_name, row_number = excluded.row_number,
        decision = excluded.decision, code = excluded.code, detail = excluded.detail,
        key_vault_version = excluded.key_vault_version, sync_version = excluded.sync_version,
        state = excluded.state`.execute(trx);
    await noteUnfinished(trx, cycle.connector, rows);
  });
}

/** Moves decisions to other states; a member that is absent stays as it is. Unknown pairs are passed over. */
export async function changeDecisions(
  db: LedgerDatabase | LedgerTransaction,
  cycleId: string,
  entries: readonly DecisionChange[],
): Promise<void> {
  if (entries.length === 0) return;
  await sql`
    with changes as (
      select * from jsonb_to_recordset(${toJson(entries)}::jsonb) as c(
        "pairId" integer, state text, code text, detail text, decision text)
    ), locked as (
      select d.secret_id from decision d join changes c on c."pairId" = d.pair_id
      where d.cycle_id = ${cycleId} order by d.secret_id for update of d
    ), changed as (
      update decision d set state = c.state, code = coalesce(c.code, d.code), detail = coalesce(c.detail, d.detail),
                            decision = coalesce(c.decision, d.decision)
      from changes c, locked
      where d.cycle_id = ${cycleId} and d.pair_id = c."pairId" and d.secret_id = locked.secret_id
      returning d.secret_id, d.state
    )
    delete from pending_change p using changed, cycle
    where cycle.id = ${cycleId} and p.connector = cycle.connector and p.secret_id = changed.secret_id
      and p.source = ${unfinishedDecision} and changed.state = 'done'`.execute(db);
}

/**
 * Fixes the plan: numbers the planned rows into pages from 0 in the order of pair ids, and hashes them (SHA-256, hexadecimal,
 * over pair, decision and versions). Repeating it returns what the first time fixed. Fails with CycleUnknown.
 */
export async function paginateDecisions(
  db: LedgerDatabase,
  cycleId: string,
  pageSize: number,
): Promise<{ pages: number; planned: number; hash: string }> {
  return await db.transaction().execute(async (trx) => {
    const cycle = await lockCycle(trx, cycleId);
    if (cycle.plan_pages === null) await fixPages(trx, cycleId, pageSize);
    const { rows } = await sql<{ pages: number; planned: number; hash: string }>`
      select plan_pages as pages, plan_hash as hash,
             (select count(*)::integer from decision where cycle_id = ${cycleId} and page is not null) as planned
      from cycle where id = ${cycleId}`.execute(trx);
    return rows[0] ?? { pages: 0, planned: 0, hash: '' };
  });
}

/** The rows of a page (numbered from 0) that are still planned, by pair id. */
export async function loadDecisionPage(
  db: LedgerDatabase,
  cycleId: string,
  page: number,
): Promise<readonly PlannedPair[]> {
  const { rows } = await sql<PlannedRow>`
    ${plannedRows} where d.cycle_id = ${cycleId} and d.page = ${page} and d.state = 'planned'
    order by d.pair_id`.execute(db);
  return rows.map(plannedPair);
}

/** The cycle's decision for a pair in whatever state, or undefined. */
export async function loadDecision(
  db: LedgerDatabase,
  cycleId: string,
  pairId: number,
): Promise<PlannedPair | undefined> {
  const { rows } = await sql<PlannedRow>`
    ${plannedRows} where d.cycle_id = ${cycleId} and d.pair_id = ${pairId}`.execute(db);
  return rows.map(plannedPair)[0];
}

/** How many rows, by `<decision>.<state>`. */
export async function countDecisions(
  db: LedgerDatabase,
  cycleId: string,
): Promise<Readonly<Record<string, number>>> {
  const { rows } = await sql<{ name: string; count: number }>`
    select decision || '.' || state as name, count(*)::integer as count
    from decision where cycle_id = ${cycleId} group by 1 order by 1`.execute(db);
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}

/** Decisions that a person should know about, by secret id. */
export async function listDecisionProblems(
  db: LedgerDatabase,
  cycleId: string,
  limit: number,
): Promise<readonly DecisionRow[]> {
  const { rows } = await sql<DecisionColumns>`
    select ${decisionColumns} from decision d
    where d.cycle_id = ${cycleId} and ${isProblem}
    order by d.secret_id limit ${limit}`.execute(db);
  return rows.map(decisionOf);
}

async function lockCycle(trx: LedgerTransaction, cycleId: string) {
  const cycle = await trx
    .selectFrom('cycle')
    .select(['connector', 'plan_pages'])
    .where('id', '=', cycleId)
    .forUpdate()
    .executeTakeFirst();
  if (cycle === undefined) throw new SsakvError('CycleUnknown', { detail: `Id: ${cycleId}.` });
  return cycle;
}

async function fixPages(trx: LedgerTransaction, cycleId: string, pageSize: number): Promise<void> {
  await sql`
    update decision d set page = numbered.page
    from (select secret_id, (row_number() over (order by pair_id) - 1) / ${pageSize}::integer as page
          from decision where cycle_id = ${cycleId} and state = 'planned' and pair_id is not null) numbered
    where d.cycle_id = ${cycleId} and d.secret_id = numbered.secret_id`.execute(trx);
  await sql`
    update cycle set (plan_pages, plan_hash) = (
      select coalesce(max(page) + 1, 0),
             encode(sha256(convert_to(coalesce(string_agg(
               jsonb_build_array(pair_id, decision, key_vault_version, sync_version)::text, e'\n' order by pair_id
             ), ''), 'UTF8')), 'hex')
      from decision where cycle_id = ${cycleId} and page is not null)
    where id = ${cycleId}`.execute(trx);
}

async function noteUnfinished(
  trx: LedgerTransaction,
  connector: string,
  rows: readonly DecisionRow[],
): Promise<void> {
  const isFinished = ({ state, decision }: DecisionRow) => state === 'done' || decision === 'none';
  const finished = rows.filter(isFinished).map(({ secretId }) => secretId);
  const unfinished = rows.filter((row) => !isFinished(row)).map(({ secretId }) => secretId);
  await sql`
    delete from pending_change
    where connector = ${connector} and source = ${unfinishedDecision}
      and secret_id in (select value::integer from jsonb_array_elements_text(${toJson(finished)}::jsonb) as i(value))
    `.execute(trx);
  await notePendingChanges(trx, connector, unfinishedDecision, unfinished);
}
