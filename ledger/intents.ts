import { sql } from 'kysely';
import type { Fingerprints } from '../domain/fingerprints';
import { intentColumns, intentOf, type Intent, type IntentColumns } from './intent-rows';
import { toJson } from './json';
import {
  leaseRefusal,
  lockPairLeases,
  nextEpoch,
  writeLeases,
  type LeaseTaker,
  type PairLeased,
} from './leases';
import type { LedgerDatabase, LedgerTransaction } from './schema';

export type { Intent } from './intent-rows';
export { closeIntents, type IntentOutcome } from './close-intents';

/** Who opens intents, and how long leases and settle windows last from the transaction on. */
export interface IntentOpener extends LeaseTaker {
  readonly settleMs: number;
  readonly cycleId: string;
}

export interface IntentRequest {
  readonly pairId: number;
  /** A new UUID. */
  readonly operationId: string;
  readonly expectedVersion: string | undefined;
  readonly intendedFingerprints: Fingerprints;
  readonly intendedSyncVersion: number;
  readonly sourceStamp: string;
}

export type OpenedIntent =
  | { readonly kind: 'opened'; readonly epoch: number }
  | PairLeased
  /** An earlier attempt's intent is open: it has to be settled before anything is written. No lease was taken. */
  | { readonly kind: 'intentOpen'; readonly intent: Intent };

/**
 * Takes the pairs' leases and commits their intents, in one transaction. One result per request, in their order.
 * Nothing may be written to a vault without an opened intent.
 */
export async function openIntents(
  db: LedgerDatabase,
  opener: IntentOpener,
  requests: readonly IntentRequest[],
): Promise<readonly OpenedIntent[]> {
  const pairIds = requests.map(({ pairId }) => pairId);
  return await db.transaction().execute(async (trx) => {
    const locked = await lockPairLeases(trx, pairIds);
    const open = await openIntentsOf(trx, pairIds);
    const opened = new Map<number, IntentRequest & { epoch: number }>();
    const results = requests.map((request): OpenedIntent => {
      const intent = open.get(request.pairId);
      if (intent !== undefined) return { kind: 'intentOpen', intent };
      const refusal = leaseRefusal(request.pairId, locked, opener, new Set(opened.keys()));
      if (refusal !== undefined) return refusal;
      const epoch = nextEpoch(request.pairId, locked);
      opened.set(request.pairId, { ...request, epoch });
      return { kind: 'opened', epoch };
    });
    await writeLeases(trx, opener, [...opened.keys()]);
    await insertIntents(trx, opener, [...opened.values()]);
    return results;
  });
}

export type TakenOverIntent =
  | { readonly kind: 'taken'; readonly epoch: number; readonly intent: Intent }
  /** Its write could still land: nothing may be concluded yet. No lease was taken. */
  | { readonly kind: 'settling'; readonly remainingMs: number }
  | PairLeased
  /** No intent is open. No lease was taken. */
  | { readonly kind: 'none' };

/**
 * Takes the leases of pairs whose intent an earlier attempt left open, in one transaction. One result per pair, in their order.
 * The lease's new epoch fences the earlier attempt; the intent keeps its own.
 */
export async function takeOverIntents(
  db: LedgerDatabase,
  taker: LeaseTaker,
  pairIds: readonly number[],
): Promise<readonly TakenOverIntent[]> {
  return await db.transaction().execute(async (trx) => {
    const locked = await lockPairLeases(trx, pairIds);
    const open = await openIntentsOf(trx, pairIds);
    const taken = new Set<number>();
    const results = pairIds.map((pairId): TakenOverIntent => {
      const intent = open.get(pairId);
      if (intent === undefined) return { kind: 'none' };
      const refusal = leaseRefusal(pairId, locked, taker, taken);
      if (refusal !== undefined) return refusal;
      if (intent.remainingSettleMs > 0) return { kind: 'settling', remainingMs: intent.remainingSettleMs };
      taken.add(pairId);
      return { kind: 'taken', epoch: nextEpoch(pairId, locked), intent };
    });
    await writeLeases(trx, taker, [...taken]);
    return results;
  });
}

async function openIntentsOf(
  trx: LedgerTransaction,
  pairIds: readonly number[],
): Promise<ReadonlyMap<number, Intent>> {
  const { rows } = await sql<IntentColumns>`
    select ${intentColumns} from intent i
    where i.closed_at is null
      and i.pair_id in (select value::integer from jsonb_array_elements_text(${toJson(pairIds)}::jsonb) as p(value))
    `.execute(trx);
  return new Map(rows.flatMap((row) => intentOf(row) ?? []).map((intent) => [intent.pairId, intent]));
}

async function insertIntents(
  trx: LedgerTransaction,
  opener: IntentOpener,
  intents: readonly (IntentRequest & { epoch: number })[],
): Promise<void> {
  if (intents.length === 0) return;
  await sql`
    insert into intent (operation_id, pair_id, epoch, cycle_id, expected_version, intended_fingerprints,
                        intended_sync_version, source_stamp, opened_at, settle_after)
    select "operationId", "pairId", epoch, ${opener.cycleId}::uuid, "expectedVersion", "intendedFingerprints",
           "intendedSyncVersion", "sourceStamp", clock_timestamp(),
           clock_timestamp() + ${opener.settleMs}::float8 * interval '1 millisecond'
    from jsonb_to_recordset(${toJson(intents)}::jsonb) as i(
      "operationId" uuid, "pairId" integer, epoch bigint, "expectedVersion" text, "intendedFingerprints" jsonb,
      "intendedSyncVersion" integer, "sourceStamp" text)`.execute(trx);
}
