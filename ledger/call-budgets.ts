import { sql } from 'kysely';
import type { LedgerDatabase, LedgerTransaction } from './schema';

export type CallKind = 'create' | 'other';

export interface CallLimits {
  /** Most calls of any kind in every sliding 10 s. */
  readonly maxPer10s: number;
  /** Most creates in every sliding 10 s; a create also counts as a call. */
  readonly maxCreatesPer10s: number;
  /** Most calls in any one second. */
  readonly maxPerSecond: number;
}

export interface Tokens {
  /** 0 when refused. */
  readonly granted: number;
  /** How long they may be spent, counted from before takeTokens was called; what is left then is lost. */
  readonly validMs: number;
  /** When refused: when so many tokens as were asked for can be had at the earliest. Else 0. */
  readonly retryInMs: number;
}

/** Tokens that were handed out; `ageMs` by the database's clock. */
export interface Grant {
  readonly kind: CallKind;
  readonly granted: number;
  readonly ageMs: number;
}

/** A grant may be spent at any moment of this time, so it counts for a window and this on top. */
const validMs = 500;
const windows = { tenSecondsMs: 10_000 + validMs, oneSecondMs: 1_000 + validMs } as const;

/** A lot is not cut smaller than this for want of tokens: crumbs would cost a transaction each. */
const leastLot = 25;

/**
 * Takes tokens for calls to one vault, out of a budget that all workers share, by the database's clock. All of `wanted`, or a
 * smaller lot of at least 25, or nothing.
 */
export async function takeTokens(
  db: LedgerDatabase,
  vaultUrl: string,
  kind: CallKind,
  wanted: number,
  limits: CallLimits,
): Promise<Tokens> {
  return await db.transaction().execute(async (trx) => {
    await lockBudget(trx, vaultUrl);
    const grants = await recentGrants(trx, vaultUrl);
    const tokens = decideGrant(grants, kind, wanted, limits);
    if (tokens.granted > 0) await recordGrant(trx, vaultUrl, kind, tokens.granted);
    return tokens;
  });
}

/**
 * How many tokens can be had now. Pure: the sum of the grants of the last 10.5 s and 1.5 s never exceeds the limits, so that
 * no 10 s and no second holds more calls, whenever in its 500 ms each token is spent.
 */
export function decideGrant(
  grants: readonly Grant[],
  kind: CallKind,
  wanted: number,
  limits: CallLimits,
): Tokens {
  const rules = rulesFor(grants, kind, limits);
  const most = Math.min(wanted, ...rules.map(({ limit }) => limit));
  const least = Math.min(most, leastLot);
  const available = Math.min(most, ...rules.map((rule) => rule.limit - sum(rule.counted)));
  if (available >= least) return { granted: available, validMs, retryInMs: 0 };
  return { granted: 0, validMs, retryInMs: Math.max(1, ...rules.map((rule) => waitFor(rule, least))) };
}

interface Rule {
  readonly limit: number;
  readonly windowMs: number;
  /** The grants that count against the limit now. */
  readonly counted: readonly Grant[];
}

function rulesFor(grants: readonly Grant[], kind: CallKind, limits: CallLimits): readonly Rule[] {
  const rule = (limit: number, windowMs: number, among: readonly Grant[]): Rule => ({
    limit,
    windowMs,
    counted: among.filter(({ ageMs }) => ageMs <= windowMs),
  });
  const rules = [
    rule(limits.maxPer10s, windows.tenSecondsMs, grants),
    rule(limits.maxPerSecond, windows.oneSecondMs, grants),
  ];
  if (kind === 'other') return rules;
  const creates = grants.filter((grant) => grant.kind === 'create');
  return [...rules, rule(limits.maxCreatesPer10s, windows.tenSecondsMs, creates)];
}

/** How long until enough of the oldest grants no longer count that `needed` tokens fit. */
function waitFor({ limit, windowMs, counted }: Rule, needed: number): number {
  let used = sum(counted);
  for (const grant of counted.toSorted((a, b) => b.ageMs - a.ageMs)) {
    if (limit - used >= needed) return 0;
    used -= grant.granted;
    if (limit - used >= needed) return Math.ceil(windowMs - grant.ageMs) + 1;
  }
  return 0;
}

function sum(grants: readonly Grant[]): number {
  return grants.reduce((total, { granted }) => total + granted, 0);
}

async function lockBudget(trx: LedgerTransaction, vaultUrl: string): Promise<void> {
  const lock = sql`select 1 from call_budget where vault_url = ${vaultUrl} for update`;
  if ((await lock.execute(trx)).rows.length > 0) return;
  await sql`insert into call_budget (vault_url) values (${vaultUrl}) on conflict do nothing`.execute(trx);
  await lock.execute(trx);
}

/** A statement of its own, so that rows and clock are read after the wait for the lock is over. */
async function recentGrants(trx: LedgerTransaction, vaultUrl: string): Promise<readonly Grant[]> {
  const { rows } = await sql<Grant>`
    select kind, granted, (extract(epoch from clock_timestamp() - granted_at) * 1000)::float8 as "ageMs"
    from call_grant where vault_url = ${vaultUrl}
      and granted_at > clock_timestamp() - ${windows.tenSecondsMs}::float8 * interval '1 millisecond'`.execute(
    trx,
  );
  return rows;
}

/** Also drops the grants that no longer count. */
async function recordGrant(
  trx: LedgerTransaction,
  vaultUrl: string,
  kind: CallKind,
  granted: number,
): Promise<void> {
  await sql`
    with spent as (
      delete from call_grant where vault_url = ${vaultUrl}
        and granted_at < clock_timestamp() - ${windows.tenSecondsMs * 2}::float8 * interval '1 millisecond'
    )
    insert into call_grant (vault_url, kind, granted, granted_at)
    values (${vaultUrl}, ${kind}, ${granted}, clock_timestamp())`.execute(trx);
}
