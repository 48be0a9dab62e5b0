import { setTimeout as delay } from 'node:timers/promises';
import * as fc from 'fast-check';
import { sql } from 'kysely';
import { decideGrant, takeTokens, type CallKind, type CallLimits, type Grant } from '../ledger/call-budgets';
import { startLedger, type TestLedger } from './support/ledger';

/** A grant, and the time in which its tokens may be spent, in milliseconds of one clock. */
interface Spendable {
  readonly kind: CallKind;
  readonly granted: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

describe('the decision about tokens', () => {
  const limitsArbitrary = fc.record({
    maxPer10s: fc.integer({ min: 1, max: 2_000 }),
    maxCreatesPer10s: fc.integer({ min: 1, max: 300 }),
    maxPerSecond: fc.integer({ min: 1, max: 500 }),
  });
  const askedArbitrary = fc.array(
    fc.record({
      waitMs: fc.nat({ max: 3_000 }),
      kind: fc.constantFrom<CallKind>('create', 'other'),
      wanted: fc.integer({ min: 1, max: 200 }),
    }),
    { maxLength: 80 },
  );

  it('never lets any second or any 10 s hold more than the limits, whenever the tokens are spent', () => {
    fc.assert(
      fc.property(limitsArbitrary, askedArbitrary, (limits, asked) => {
        expectWithinLimits(simulate(limits, asked), limits);
      }),
    );
  });

  it('grants after the time that a refused taker is told, and not before', () => {
    fc.assert(
      fc.property(limitsArbitrary, askedArbitrary, (limits, asked) => {
        const grants = agedGrants(simulate(limits, asked), 0);
        const refused = decideGrant(grants, 'create', 25, limits);
        fc.pre(refused.granted === 0);
        const later = (ms: number) => grants.map((grant) => ({ ...grant, ageMs: grant.ageMs + ms }));

        expect(decideGrant(later(refused.retryInMs), 'create', 25, limits).granted).toBeGreaterThan(0);
        expect(decideGrant(later(refused.retryInMs - 2), 'create', 25, limits).granted).toBe(0);
      }),
    );
  });

  it('counts a create against both limits and another call against one', () => {
    const limits = { maxPer10s: 1_000, maxCreatesPer10s: 50, maxPerSecond: 1_000 };
    const creates: Grant[] = [{ kind: 'create', granted: 50, ageMs: 5_000 }];

    expect(decideGrant(creates, 'create', 25, limits)).toMatchObject({ granted: 0 });
    expect(decideGrant(creates, 'other', 2_000, limits)).toMatchObject({ granted: 950 });
  });

  it('gives a smaller lot rather than nothing, but no crumbs', () => {
    const limits = { maxPer10s: 100, maxCreatesPer10s: 100, maxPerSecond: 100 };
    const used = (granted: number): Grant[] => [{ kind: 'other', granted, ageMs: 4_000 }];

    expect(decideGrant(used(60), 'other', 50, limits)).toMatchObject({ granted: 40, retryInMs: 0 });
    expect(decideGrant(used(80), 'other', 50, limits)).toMatchObject({ granted: 0 });
    expect(decideGrant(used(80), 'other', 20, limits)).toMatchObject({ granted: 20 });
  });

  function simulate(
    limits: CallLimits,
    asked: readonly { waitMs: number; kind: CallKind; wanted: number }[],
  ): readonly Spendable[] {
    let nowMs = 0;
    const granted: Spendable[] = [];
    for (const { waitMs, kind, wanted } of asked) {
      nowMs += waitMs;
      const tokens = decideGrant(agedGrants(granted, nowMs), kind, wanted, limits);
      if (tokens.granted === 0) continue;
      expect(tokens.granted).toBeLessThanOrEqual(wanted);
      granted.push({ kind, granted: tokens.granted, fromMs: nowMs, untilMs: nowMs + tokens.validMs });
    }
    return granted.map((grant) => ({
      ...grant,
      fromMs: grant.fromMs - nowMs,
      untilMs: grant.untilMs - nowMs,
    }));
  }

  function agedGrants(grants: readonly Spendable[], nowMs: number): readonly Grant[] {
    return grants.map(({ kind, granted, fromMs }) => ({ kind, granted, ageMs: nowMs - fromMs }));
  }
});

describe('the budget in the ledger', () => {
  let ledger: TestLedger;
  beforeAll(async () => (ledger = await startLedger()));
  afterAll(async () => await ledger.close());

  it('holds for several takers at once over more than one window', async () => {
    const limits = { maxPer10s: 400, maxCreatesPer10s: 100, maxPerSecond: 120 };
    const vault = 'https://shared.vault.azure.net';
    const until = performance.now() + 13_000;
    const log: Spendable[] = [];
    const refusals: number[] = [];
    const takers = (['create', 'other', 'create', 'other', 'other'] as const).map(async (kind, index) => {
      while (performance.now() < until) {
        const tokens = await takeTokens(ledger.db, vault, kind, 10 + index * 7, limits);
        if (tokens.granted === 0) refusals.push(tokens.retryInMs);
        await delay(tokens.granted === 0 ? Math.min(tokens.retryInMs, 50) : 5);
      }
    });
    const watcher = (async () => {
      while (performance.now() < until) {
        await delay(2_000);
        log.splice(0, log.length, ...(await grantsOf(vault)));
      }
    })();
    await Promise.all([...takers, watcher]);

    expectWithinLimits(log, limits);
    expect(log.length).toBeGreaterThan(8);
    expect(Math.min(...refusals)).toBeGreaterThan(0);
    const spanMs = (log.at(-1)?.fromMs ?? 0) - (log[0]?.fromMs ?? 0);
    expect(spanMs).toBeGreaterThan(10_000);
  }, 40_000);

  it('is one per vault', async () => {
    const limits = { maxPer10s: 30, maxCreatesPer10s: 30, maxPerSecond: 30 };
    expect(await takeTokens(ledger.db, 'https://a.vault', 'other', 30, limits)).toMatchObject({
      granted: 30,
    });

    expect(await takeTokens(ledger.db, 'https://a.vault', 'other', 30, limits)).toMatchObject({ granted: 0 });
    expect(await takeTokens(ledger.db, 'https://b.vault', 'other', 30, limits)).toMatchObject({
      granted: 30,
    });
  });

  it('forgets grants that no longer count, and drops their rows', async () => {
    const limits = { maxPer10s: 25, maxCreatesPer10s: 25, maxPerSecond: 25 };
    const vault = 'https://old.vault';
    await takeTokens(ledger.db, vault, 'create', 25, limits);
    await sql`update call_grant set granted_at = granted_at - interval '30 seconds' where vault_url = ${vault}`.execute(
      ledger.db,
    );

    expect(await takeTokens(ledger.db, vault, 'create', 25, limits)).toMatchObject({ granted: 25 });

    expect(await grantsOf(vault)).toHaveLength(1);
  });

  /** What the database recorded; its clock is the one that counts. */
  async function grantsOf(vault: string): Promise<readonly Spendable[]> {
    const { rows } = await sql<{ kind: CallKind; granted: number; at: number }>`
      select kind, granted, (extract(epoch from granted_at) * 1000)::float8 as at
      from call_grant where vault_url = ${vault} order by granted_at`.execute(ledger.db);
    return rows.map(({ kind, granted, at }) => ({ kind, granted, fromMs: at, untilMs: at + 500 }));
  }
});

/**
 * The worst that spenders can do: a window that begins at the end of a grant's time can hold all of it, and so can one that
 * ends at the beginning. Checking the windows that begin at each grant's end covers every other window.
 */
function expectWithinLimits(grants: readonly Spendable[], limits: CallLimits): void {
  const most = (among: readonly Spendable[], windowMs: number) =>
    Math.max(
      0,
      ...among.map(({ untilMs: begin }) =>
        among
          .filter(({ fromMs, untilMs }) => untilMs >= begin && fromMs < begin + windowMs)
          .reduce((total, { granted }) => total + granted, 0),
      ),
    );
  expect(most(grants, 10_000)).toBeLessThanOrEqual(limits.maxPer10s);
  expect(most(grants, 1_000)).toBeLessThanOrEqual(limits.maxPerSecond);
  expect(
    most(
      grants.filter(({ kind }) => kind === 'create'),
      10_000,
    ),
  ).toBeLessThanOrEqual(limits.maxCreatesPer10s);
}
