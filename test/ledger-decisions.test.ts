import { randomUUID } from 'node:crypto';
import { countDecisionProblems } from '../ledger/decision-ends';
import { noteChanges } from '../ledger/pending-changes';
import {
  changeDecisions,
  countDecisions,
  listDecisionProblems,
  loadDecision,
  loadDecisionPage,
  paginateDecisions,
  recordDecisions,
  type DecisionRow,
} from '../ledger/decisions';
import { findMovedPairs } from '../ledger/moved-pairs';
import {
  externalSecretRow,
  newConnector,
  newCycle,
  newPairs,
  scanBothSides,
  secretRow,
} from './support/ledger-world';
import { startLedger, type TestLedger } from './support/ledger';

let ledger: TestLedger;
beforeAll(async () => (ledger = await startLedger()));
afterAll(async () => await ledger.close());

describe('a plan', () => {
  it('numbers its planned rows into pages by pair id', async () => {
    const { cycle, rows } = await planOf(5, (row) => (row.secretId === 2 ? { ...row, state: 'held' } : row));
    await recordDecisions(ledger.db, cycle, rows.toReversed());

    const fixed = await paginateDecisions(ledger.db, cycle, 3);

    expect(fixed).toMatchObject({ pages: 2, planned: 4 });
    const pages = [await loadDecisionPage(ledger.db, cycle, 0), await loadDecisionPage(ledger.db, cycle, 1)];
    expect(pages.map((page) => page.map(({ decision }) => decision.secretId))).toEqual([[1, 3, 4], [5]]);
    expect(await loadDecisionPage(ledger.db, cycle, 2)).toEqual([]);
  });

  it('of the same decisions has the same hash, and another one when a decision or version differs', async () => {
    const { connector, pairs } = await planOf(3);
    const hashOf = async (change: (row: DecisionRow) => DecisionRow) => {
      const cycle = await newCycle(ledger.db, connector);
      const rows = pairs.map((pair) => change(decisionRow(pair.id, pair.secretId)));
      await recordDecisions(ledger.db, cycle, rows);
      return (await paginateDecisions(ledger.db, cycle, 100)).hash;
    };
    const same = await hashOf((row) => row);

    expect(same).toMatch(/^[0-9a-f]{64}$/);
    expect(await hashOf((row) => ({ ...row, detail: 'told in other words' }))).toBe(same);
    expect(await hashOf((row) => ({ ...row, decision: 'create' }))).not.toBe(same);
    expect(await hashOf((row) => ({ ...row, keyVaultVersion: 'v2' }))).not.toBe(same);
    expect(await hashOf((row) => ({ ...row, keyVaultVersion: undefined }))).not.toBe(same);
    expect(await hashOf((row) => ({ ...row, syncVersion: 9 }))).not.toBe(same);
  });

  it('cannot be changed once it is fixed, and fixing it again answers the same', async () => {
    const { cycle, rows } = await planOf(2);
    await recordDecisions(ledger.db, cycle, rows);
    const fixed = await paginateDecisions(ledger.db, cycle, 1);

    await recordDecisions(
      ledger.db,
      cycle,
      rows.map((row) => ({ ...row, decision: 'create' })),
    );

    expect(await countDecisions(ledger.db, cycle)).toEqual({ 'push.planned': 2 });
    expect(await paginateDecisions(ledger.db, cycle, 100)).toEqual(fixed);
    expect(await loadDecisionPage(ledger.db, cycle, 1)).toHaveLength(1);
  });

  it('without planned rows has no pages', async () => {
    const { cycle } = await planOf(1);

    expect(await paginateDecisions(ledger.db, cycle, 100)).toMatchObject({ pages: 0, planned: 0 });
  });

  it('needs a cycle', async () => {
    await expect(paginateDecisions(ledger.db, randomUUID(), 100)).rejects.toMatchObject({
      code: 'CycleUnknown',
    });
  });
});

describe('decisions', () => {
  it('come with pair, secret and external secret as the cycle saw them', async () => {
    const { cycle, rows, pairs, connector } = await planOf(2);
    await recordDecisions(ledger.db, cycle, rows);
    const seen = { secrets: [secretRow(1)], externals: [externalSecretRow(connector, 1)] };
    await scanBothSides(ledger.db, cycle, connector, seen);

    const pair = pairs[0];
    expect(await loadDecision(ledger.db, cycle, pair?.id ?? 0)).toEqual({
      decision: rows[0],
      pair,
      secret: seen.secrets[0],
      external: seen.externals[0],
      openIntent: undefined,
    });
    const unseen = await loadDecision(ledger.db, cycle, pairs[1]?.id ?? 0);
    expect(unseen).toMatchObject({ secret: undefined, external: undefined });
    expect(await loadDecision(ledger.db, cycle, 0)).toBeUndefined();
  });

  it('change state, and code and detail where they are given', async () => {
    const { cycle, rows, pairs } = await planOf(2);
    await recordDecisions(ledger.db, cycle, rows);
    const [first, second] = pairs.map(({ id }) => id);

    await changeDecisions(ledger.db, cycle, [
      { pairId: first ?? 0, state: 'failed', code: 'LedgerBusy', detail: 'because' },
      { pairId: second ?? 0, state: 'done', decision: 'rebase' },
    ]);
    await changeDecisions(ledger.db, cycle, [{ pairId: first ?? 0, state: 'parked' }]);

    expect(await countDecisions(ledger.db, cycle)).toEqual({ 'push.parked': 1, 'rebase.done': 1 });
    const problems = await listDecisionProblems(ledger.db, cycle, 10);
    expect(problems).toEqual([{ ...rows[0], state: 'parked', code: 'LedgerBusy', detail: 'because' }]);
  });

  it('may be of secrets that have no pair', async () => {
    const { cycle } = await planOf(1);
    const held = { pairId: undefined, decision: 'hold', code: 'NameTaken', state: 'held' } as const;
    const row = { ...decisionRow(0, 77), ...held };
    await recordDecisions(ledger.db, cycle, [row]);

    expect(await paginateDecisions(ledger.db, cycle, 10)).toMatchObject({ planned: 0 });
    expect(await listDecisionProblems(ledger.db, cycle, 10)).toEqual([row]);
  });

  it('are no problem when they were only left to the next cycle', async () => {
    const { cycle, rows } = await planOf(1, (row) => ({ ...row, decision: 'rebase', state: 'reported' }));
    await recordDecisions(ledger.db, cycle, rows);

    expect(await listDecisionProblems(ledger.db, cycle, 10)).toEqual([]);
    expect(await countDecisionProblems(ledger.db, cycle)).toBe(0);
  });

  it('keep a hint on their secrets until they are done', async () => {
    const { cycle, rows, pairs, connector } = await planOf(3, (row) => ({
      ...row,
      state: row.secretId === 1 ? 'done' : 'failed',
    }));
    await noteChanges(ledger.db, connector, 'report', [], {});
    await recordDecisions(ledger.db, cycle, rows);
    await changeDecisions(ledger.db, cycle, [{ pairId: pairs[1]?.id ?? 0, state: 'done' }]);

    const search = {
      connector,
      secretServerGeneration: undefined,
      keyVaultGeneration: undefined,
      scanStartedAt: new Date(),
      everything: false,
      rereadLimit: 0,
      rereadBefore: new Date(0),
    };
    const moved = await findMovedPairs(ledger.db, search, 0, 10);
    expect(moved.map(({ pair, reasons }) => [pair.secretId, reasons])).toEqual([[3, ['hint']]]);
  });
});

async function planOf(count: number, change: (row: DecisionRow) => DecisionRow = (row) => row) {
  const connector = await newConnector(ledger.db);
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const pairs = await newPairs(ledger.db, connector, ids);
  const cycle = await newCycle(ledger.db, connector);
  const rows = pairs.map((pair) => change(decisionRow(pair.id, pair.secretId)));
  return { connector, pairs, cycle, rows };
}

function decisionRow(pairId: number, secretId: number): DecisionRow {
  return {
    pairId,
    secretId,
    externalName: `name-${secretId}`,
    row: 3,
    decision: 'push',
    code: undefined,
    detail: undefined,
    keyVaultVersion: 'v1',
    syncVersion: 1,
    state: 'planned',
  };
}
