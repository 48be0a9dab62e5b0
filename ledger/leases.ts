import { sql } from 'kysely';
import { toJson } from './json';
import type { LedgerDatabase, LedgerTransaction } from './schema';

export interface LeaseTaker {
  /** Unique per attempt, so that an attempt never meets its predecessor's lease as its own. */
  readonly owner: string;
  readonly leaseMs: number;
}

export type PairLeased = { readonly kind: 'leased'; readonly byOwner: string; readonly remainingMs: number };
export type PairLeaseResult = { readonly kind: 'taken'; readonly epoch: number } | PairLeased;

export interface HeldPairLease {
  readonly pairId: number;
  readonly epoch: number;
}

/** What a lease row says while its transaction has it locked. */
export interface LockedLease {
  readonly epoch: number;
  readonly owner: string | undefined;
  /** 0 when it is free. */
  readonly remainingMs: number;
}

/**
 * Takes pairs for writes without a value (a PATCH of tags). One result per pair, in their order. An unexpired lease
 * excludes everybody, its own owner included; each taking raises the pair's epoch by one.
 */
export async function leasePairs(
  db: LedgerDatabase,
  taker: LeaseTaker,
  pairIds: readonly number[],
): Promise<readonly PairLeaseResult[]> {
  return await db.transaction().execute(async (trx) => {
    const locked = await lockPairLeases(trx, pairIds);
    const taken = new Set<number>();
    const results = pairIds.map((pairId): PairLeaseResult => {
      const refusal = leaseRefusal(pairId, locked, taker, taken);
      if (refusal !== undefined) return refusal;
      taken.add(pairId);
      return { kind: 'taken', epoch: nextEpoch(pairId, locked) };
    });
    await writeLeases(trx, taker, [...taken]);
    return results;
  });
}

/** Ends leases that still have this epoch; the others belong to a successor and are left alone. The epoch stays. */
export async function releaseLeases(
  db: LedgerDatabase | LedgerTransaction,
  leases: readonly HeldPairLease[],
): Promise<void> {
  if (leases.length === 0) return;
  const held = leases.map(({ pairId, epoch }) => ({ key: pairLeaseKey(pairId), epoch }));
  await sql`
    with mine as (
      select lease.key from lease
      join jsonb_to_recordset(${toJson(held)}::jsonb) as held(key text, epoch bigint)
        on lease.key = held.key and lease.epoch = held.epoch
      order by lease.key for update of lease
    )
    update lease set owner = null, expires_at = least(expires_at, clock_timestamp())
    from mine where lease.key = mine.key`.execute(db);
}

/** Makes the rows that are missing, free and with epoch 0, in the order of their keys. */
export async function ensureLeaseRows(trx: LedgerTransaction, keys: readonly string[]): Promise<void> {
  await sql`
    insert into lease (key, epoch, expires_at)
    select key, 0, 'epoch' from jsonb_array_elements_text(${toJson(keys)}::jsonb) as keys(key) order by key
    on conflict (key) do nothing`.execute(trx);
}

/** Locks the pairs' lease rows until the transaction ends, in the order of their keys, so that takers cannot deadlock. */
export async function lockPairLeases(
  trx: LedgerTransaction,
  pairIds: readonly number[],
): Promise<ReadonlyMap<number, LockedLease>> {
  const keys = [...new Set(pairIds)].map(pairLeaseKey);
  const lock = sql`
    select 1 from lease where key in (select jsonb_array_elements_text(${toJson(keys)}::jsonb))
    order by key for update`;
  if ((await lock.execute(trx)).rows.length < keys.length) {
    await ensureLeaseRows(trx, keys);
    await lock.execute(trx);
  }
  // A statement of its own: the rows and the clock are read after the wait for the locks is over.
  const { rows } = await sql<{ pair_id: number; epoch: string; owner: string | null; remaining_ms: number }>`
    select substr(key, ${pairLeasePrefix.length + 1}::integer)::integer as pair_id, epoch, owner,
           greatest(0, ceil(extract(epoch from expires_at - clock_timestamp()) * 1000))::float8 as remaining_ms
    from lease where key in (select jsonb_array_elements_text(${toJson(keys)}::jsonb))`.execute(trx);
  return new Map(
    rows.map((row) => [
      row.pair_id,
      { epoch: Number(row.epoch), owner: row.owner ?? undefined, remainingMs: row.remaining_ms },
    ]),
  );
}

/** Why a pair cannot be taken in this transaction, or undefined when it can. */
export function leaseRefusal(
  pairId: number,
  locked: ReadonlyMap<number, LockedLease>,
  taker: LeaseTaker,
  takenBefore: ReadonlySet<number>,
): PairLeased | undefined {
  if (takenBefore.has(pairId)) return { kind: 'leased', byOwner: taker.owner, remainingMs: taker.leaseMs };
  const lease = locked.get(pairId);
  if (lease === undefined || lease.remainingMs === 0) return undefined;
  return { kind: 'leased', byOwner: lease.owner ?? '', remainingMs: lease.remainingMs };
}

/** The epoch a pair gets when it is taken now. */
export function nextEpoch(pairId: number, locked: ReadonlyMap<number, LockedLease>): number {
  return (locked.get(pairId)?.epoch ?? 0) + 1;
}

/** Writes the takings into rows that this transaction has locked. */
export async function writeLeases(
  trx: LedgerTransaction,
  taker: LeaseTaker,
  pairIds: readonly number[],
): Promise<void> {
  if (pairIds.length === 0) return;
  await sql`
    update lease set owner = ${taker.owner}, epoch = epoch + 1,
                     expires_at = clock_timestamp() + ${taker.leaseMs}::float8 * interval '1 millisecond'
    where key in (select jsonb_array_elements_text(${toJson(pairIds.map(pairLeaseKey))}::jsonb))`.execute(
    trx,
  );
}

const pairLeasePrefix = 'pair:';

/** The key of a pair's lease row. */
function pairLeaseKey(pairId: number): string {
  return `${pairLeasePrefix}${pairId}`;
}
