import { sql } from 'kysely';
import { toJson } from './json';
import type { LedgerDatabase, LedgerTransaction } from './schema';

export interface PairLeaseRequest {
  readonly pairId: number;
  /** Who asks: unique per attempt, so that an attempt never meets its own predecessor's lease as its own. */
  readonly owner: string;
  readonly leaseMs: number;
}

export type PairLeaseResult =
  | { readonly pairId: number; readonly kind: 'taken'; readonly epoch: number }
  | { readonly pairId: number; readonly kind: 'leased'; readonly byOwner: string; readonly remainingMs: number };

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
 * Takes pairs for writes without a value (a PATCH of tags). One result per request, in their order. An unexpired lease
 * excludes everybody, its own owner included; each taking raises the pair's epoch by one.
 */
export async function leasePairs(
  db: LedgerDatabase,
  requests: readonly PairLeaseRequest[],
): Promise<readonly PairLeaseResult[]> {
  return await db.transaction().execute(async (trx) => {
    const locked = await lockPairLeases(trx, requests.map(({ pairId }) => pairId));
    const taken = new Map<number, PairLeaseRequest>();
    const results = requests.map((request): PairLeaseResult => {
      const refusal = leaseRefusal(request.pairId, locked, taken);
      if (refusal !== undefined) return refusal;
      taken.set(request.pairId, request);
      return { pairId: request.pairId, kind: 'taken', epoch: nextEpoch(request.pairId, locked) };
    });
    await writeLeases(trx, [...taken.values()]);
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
  await ensureLeaseRows(trx, keys);
  await sql`
    select 1 from lease where key in (select jsonb_array_elements_text(${toJson(keys)}::jsonb))
    order by key for update`.execute(trx);
  // A statement of its own: the clock is read after the wait for the locks is over.
  const { rows } = await sql<{ pair_id: number; epoch: string; owner: string | null; remaining_ms: number }>`
    select substr(key, ${pairLeasePrefix.length + 1})::integer as pair_id, epoch, owner,
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
  takenBefore: ReadonlyMap<number, PairLeaseRequest>,
): (PairLeaseResult & { kind: 'leased' }) | undefined {
  const earlier = takenBefore.get(pairId);
  if (earlier !== undefined) {
    return { pairId, kind: 'leased', byOwner: earlier.owner, remainingMs: earlier.leaseMs };
  }
  const lease = locked.get(pairId);
  if (lease === undefined || lease.remainingMs === 0) return undefined;
  return { pairId, kind: 'leased', byOwner: lease.owner ?? '', remainingMs: lease.remainingMs };
}

/** The epoch a pair gets when it is taken now. */
export function nextEpoch(pairId: number, locked: ReadonlyMap<number, LockedLease>): number {
  return (locked.get(pairId)?.epoch ?? 0) + 1;
}

/** Writes the takings into rows that this transaction has locked. */
export async function writeLeases(trx: LedgerTransaction, requests: readonly PairLeaseRequest[]): Promise<void> {
  if (requests.length === 0) return;
  const rows = requests.map(({ pairId, owner, leaseMs }) => ({ key: pairLeaseKey(pairId), owner, lease_ms: leaseMs }));
  await sql`
    update lease set owner = taken.owner, epoch = lease.epoch + 1,
                     expires_at = clock_timestamp() + taken.lease_ms * interval '1 millisecond'
    from jsonb_to_recordset(${toJson(rows)}::jsonb) as taken(key text, owner text, lease_ms float8)
    where lease.key = taken.key`.execute(trx);
}

const pairLeasePrefix = 'pair:';

/** The key of a pair's lease row. */
export function pairLeaseKey(pairId: number): string {
  return `${pairLeasePrefix}${pairId}`;
}
