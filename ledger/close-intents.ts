import { sql } from 'kysely';
import type { ErrorCode } from '../domain/errors/catalogue';
import { appendAudit, type AuditEntry } from './audit';
import { changeDecisions, type DecisionState } from './decisions';
import { toJson } from './json';
import { lockPairLeases, releaseLeases } from './leases';
import { baseAssignments, baseRecord } from './pair-rows';
import type { PairBase } from './pairs';
import { readsBeganAt, unfinishedDecision } from './pending-changes';
import type { LedgerDatabase, LedgerTransaction } from './schema';

/** What became of an intent's write. */
export type IntentOutcome = {
  readonly pairId: number;
  readonly operationId: string;
  /** The epoch of the lease under which the outcome was found. */
  readonly epoch: number;
  readonly cycleId: string;
  readonly decisionState: DecisionState;
  readonly code?: ErrorCode | undefined;
  readonly detail?: string | undefined;
} & (
  | { readonly kind: 'landed'; readonly base: PairBase; readonly syncVersion: number }
  | { readonly kind: 'notLanded' }
  /** Our version exists, but a foreign one is current: the base stays and the next cycle decides. */
  | { readonly kind: 'landedForeignOnTop' }
);

export type OutcomeResult =
  | { readonly kind: 'recorded' }
  /** A successor took the pair over: nothing of this outcome was recorded. */
  | { readonly kind: 'fenced' };

type Landed = Extract<IntentOutcome, { kind: 'landed' }>;

/**
 * Records a batch of outcomes in one transaction: bases, counters, decision rows, the intents' ends, leases given back, audit.
 * One result per outcome, in their order. Recording the same outcome again changes nothing and answers `recorded`.
 *
 * An audit entry whose correlation id is the operation of an outcome that was not recorded now is left out.
 */
export async function closeIntents(
  db: LedgerDatabase,
  auditKey: Buffer,
  outcomes: readonly IntentOutcome[],
  audit: readonly AuditEntry[],
): Promise<readonly OutcomeResult[]> {
  return await db.transaction().execute(async (trx) => {
    const leases = await lockPairLeases(
      trx,
      outcomes.map(({ pairId }) => pairId),
    );
    const intents = await intentsOf(trx, outcomes);
    const valid = outcomes.filter((outcome) => {
      const intent = intents.get(outcome.operationId);
      return intent?.open === true && leases.get(outcome.pairId)?.epoch === outcome.epoch;
    });
    await recordOutcomes(trx, valid);
    const recordedNow = new Set(valid.map(({ operationId }) => operationId));
    const notNow = new Set(
      outcomes.map(({ operationId }) => operationId).filter((id) => !recordedNow.has(id)),
    );
    await appendAudit(
      trx,
      auditKey,
      audit.filter(({ correlationId }) => !notNow.has(correlationId)),
    );
    return outcomes.map(({ operationId, epoch }): OutcomeResult => {
      const recordedBefore = intents.get(operationId)?.closedEpoch === epoch;
      return { kind: recordedNow.has(operationId) || recordedBefore ? 'recorded' : 'fenced' };
    });
  });
}

interface IntentEnd {
  readonly open: boolean;
  readonly closedEpoch: number | undefined;
}

async function intentsOf(
  trx: LedgerTransaction,
  outcomes: readonly IntentOutcome[],
): Promise<ReadonlyMap<string, IntentEnd>> {
  const wanted = outcomes.map(({ operationId, pairId }) => ({ operationId, pairId }));
  const { rows } = await sql<{ operation_id: string; open: boolean; closed_epoch: string | null }>`
    select i.operation_id, i.closed_at is null as open, i.closed_epoch from intent i
    join jsonb_to_recordset(${toJson(wanted)}::jsonb) as w("operationId" uuid, "pairId" integer)
      on w."operationId" = i.operation_id and w."pairId" = i.pair_id`.execute(trx);
  return new Map(
    rows.map((row) => [
      row.operation_id,
      { open: row.open, closedEpoch: row.closed_epoch === null ? undefined : Number(row.closed_epoch) },
    ]),
  );
}

async function recordOutcomes(trx: LedgerTransaction, outcomes: readonly IntentOutcome[]): Promise<void> {
  if (outcomes.length === 0) return;
  await sql`
    update intent i set closed_at = clock_timestamp(), closed_epoch = o.epoch, outcome = o.kind
    from jsonb_to_recordset(${toJson(outcomes)}::jsonb) as o("operationId" uuid, epoch bigint, kind text)
    where i.operation_id = o."operationId"`.execute(trx);
  await moveLandedBases(
    trx,
    outcomes.filter((outcome) => outcome.kind === 'landed'),
  );
  for (const [cycleId, ofCycle] of Map.groupBy(outcomes, (outcome) => outcome.cycleId)) {
    await changeDecisions(
      trx,
      cycleId,
      ofCycle.map(({ pairId, decisionState, code, detail }) => ({
        pairId,
        state: decisionState,
        code,
        detail,
      })),
    );
  }
  await releaseLeases(trx, outcomes);
}

async function moveLandedBases(trx: LedgerTransaction, landed: readonly Landed[]): Promise<void> {
  if (landed.length === 0) return;
  const moves = landed.map(({ pairId, base, syncVersion }) => ({ pairId, syncVersion, ...base }));
  await sql`
    with moves as (
      select * from jsonb_to_recordset(${toJson(moves)}::jsonb) as m(
        "pairId" integer, "syncVersion" integer, ${baseRecord})
    ), locked as (
      select p.id from pair p join moves on moves."pairId" = p.id order by p.id for update of p
    )
    update pair p set ${baseAssignments}, sync_version = m."syncVersion", last_read_at = clock_timestamp(),
                      tag_repairs = 0
    from moves m join locked on locked.id = m."pairId"
    where p.id = m."pairId"`.execute(trx);
  await clearSatisfiedHints(
    trx,
    landed.map(({ operationId }) => operationId),
  );
}

/**
 * Hints noted after the search of the cycle that read the value may tell of a change that it does not hold: those stay. That
 * is the cycle that opened the intent, not the one that settles it.
 */
async function clearSatisfiedHints(trx: LedgerTransaction, operationIds: readonly string[]): Promise<void> {
  await sql`
    delete from pending_change c using pair p, intent i
    where i.operation_id in (
        select value::uuid from jsonb_array_elements_text(${toJson(operationIds)}::jsonb) as o(value))
      and p.id = i.pair_id and c.connector = p.connector and c.secret_id = p.secret_id
      and (c.source = ${unfinishedDecision} or c.noted_at <= ${readsBeganAt(sql.ref('i.cycle_id'))})`.execute(
    trx,
  );
}
