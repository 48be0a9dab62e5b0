import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { openIntents } from '../ledger/intents';
import { noteChanges } from '../ledger/pending-changes';
import { findMovedPairs, type MovedPair, type MoveReason, type MoveSearch } from '../ledger/moved-pairs';
import { markRead, moveBases, type Pair } from '../ledger/pairs';
import {
  baseOf,
  externalSecretRow,
  newConnector,
  newCycle,
  newPairs,
  scanBothSides,
  secretRow,
  type SeenWorld,
} from './support/ledger-world';
import { startLedger, type TestLedger } from './support/ledger';

let ledger: TestLedger;
beforeAll(async () => (ledger = await startLedger()));
afterAll(async () => await ledger.close());

const longAgo = new Date(0);
const afterAllReads = new Date('2100-01-01T00:00:00Z');

describe('pairs that moved', () => {
  it('are none while both sides look as the bases say', async () => {
    const { search } = await scannedWorld([1, 2, 3]);

    expect(await findMovedPairs(ledger.db, search, 0, 100)).toEqual([]);
  });

  it.each<[MoveReason, string, (seen: SeenWorld, connector: string) => SeenWorld]>([
    ['summary', 'whose summary in Secret Server differs', (seen) => withSecret(seen, { stamp: 'other' })],
    [
      'keyVault',
      'whose LIST row was updated',
      (seen, c) => withExternal(seen, c, { updatedSeconds: 1_700_000_009 }),
    ],
    [
      'keyVault',
      'whose external secret was disabled',
      (seen, c) => withExternal(seen, c, { enabled: false }),
    ],
    ['keyVault', 'whose LIST row is missing', (seen) => ({ ...seen, externals: seen.externals.slice(0, 1) })],
    ['tags', 'whose tags differ', (seen, c) => withExternal(seen, c, { tags: { 'ss-managed': 'false' } })],
    ['gone', 'whose secret is inactive', (seen) => withSecret(seen, { active: false })],
    ['gone', 'whose secret is missing', (seen) => ({ ...seen, secrets: seen.secrets.slice(0, 1) })],
  ])('are for %s those %s', async (reason, _, change) => {
    const { search } = await scannedWorld([1, 2], change);

    expect(reasonsBySecret(await findMovedPairs(ledger.db, search, 0, 100))).toEqual({ 2: [reason] });
  });

  it('are those without a base, with hints, unsettled or with an open intent', async () => {
    const connector = await newConnector(ledger.db);
    const pairs = await newPairs(ledger.db, connector, [1, 2, 3]);
    await newPairs(ledger.db, connector, [4], false);
    await noteChanges(ledger.db, connector, 'report', [1], {});
    await moveBases(ledger.db, [
      { pairId: idOf(pairs, 2), base: baseOf(connector, 2, { settled: false }), syncVersion: 1 },
    ]);
    const cycle = await newCycle(ledger.db, connector);
    await openIntents(ledger.db, { owner: 'a', leaseMs: 1, settleMs: 60_000, cycleId: cycle }, [
      {
        pairId: idOf(pairs, 3),
        operationId: randomUUID(),
        expectedVersion: 'v1',
        intendedFingerprints: { password: 'f' },
        intendedSyncVersion: 2,
        sourceStamp: 's',
      },
    ]);
    const scans = await scanBothSides(ledger.db, cycle, connector, worldOf(connector, [1, 2, 3, 4]));

    const moved = await findMovedPairs(ledger.db, searchOf(connector, scans), 0, 100);

    expect(reasonsBySecret(moved)).toEqual({
      1: ['hint'],
      2: ['unsettled'],
      3: ['openIntent'],
      4: ['noBase'],
    });
    expect(moved[2]?.openIntent).toMatchObject({ epoch: 1, expectedVersion: 'v1', intendedSyncVersion: 2 });
    expect(moved[2]?.openIntent?.remainingSettleMs).toBeGreaterThan(50_000);
    expect(moved[3]?.pair.base).toBeUndefined();
  });

  it('come with what both scans saw', async () => {
    const { search, connector } = await scannedWorld([1, 2], (seen) => withSecret(seen, { stamp: 'other' }));

    const [moved] = await findMovedPairs(ledger.db, search, 0, 100);

    expect(moved?.secret).toEqual(secretRow(2, { stamp: 'other' }));
    expect(moved?.external).toEqual(externalSecretRow(connector, 2));
    expect(moved?.pair.base).toEqual(baseOf(connector, 2));
  });

  it('are all on request, or only those of named secrets', async () => {
    const { search } = await scannedWorld([1, 2, 3]);

    const all = await findMovedPairs(ledger.db, { ...search, everything: true }, 0, 100);
    expect(reasonsBySecret(all)).toEqual({ 1: ['everything'], 2: ['everything'], 3: ['everything'] });
    const named = { ...search, everything: true, sourceSecretIds: [3, 1] };
    expect(Object.keys(reasonsBySecret(await findMovedPairs(ledger.db, named, 0, 100)))).toEqual(['1', '3']);
  });

  it('come in pages by pair id', async () => {
    const { search } = await scannedWorld([1, 2, 3]);
    const everything = { ...search, everything: true };

    const first = await findMovedPairs(ledger.db, everything, 0, 2);
    const second = await findMovedPairs(ledger.db, everything, first.at(-1)?.pair.id ?? 0, 2);

    expect([...first, ...second].map(({ pair }) => pair.secretId)).toEqual([1, 2, 3]);
  });
});

describe('what is concluded from scans', () => {
  const emptied = () => ({ secrets: [], externals: [] });

  it('is nothing while they are not complete', async () => {
    const { search } = await scannedWorld([1, 2], emptied, false);

    expect(await findMovedPairs(ledger.db, search, 0, 100)).toEqual([]);
  });

  it('is nothing for a side that was not scanned', async () => {
    const { search } = await scannedWorld([1, 2], emptied);

    const onlyKeyVault = { ...search, secretServerGeneration: undefined };
    expect(reasonsBySecret(await findMovedPairs(ledger.db, onlyKeyVault, 0, 100))).toEqual({
      1: ['keyVault'],
      2: ['keyVault'],
    });
    const neither = { ...onlyKeyVault, keyVaultGeneration: undefined };
    expect(await findMovedPairs(ledger.db, neither, 0, 100)).toEqual([]);
  });

  it('is no absence and no change in Key Vault of a pair whose base is newer than they are', async () => {
    const { search, connector, pairs } = await scannedWorld([1, 2, 3], (seen, c) => ({
      secrets: seen.secrets.slice(0, 1),
      externals: [externalSecretRow(c, 1, { updatedSeconds: 1, tags: {} })],
    }));
    expect(await findMovedPairs(ledger.db, search, 0, 100)).toHaveLength(3);

    await moveBases(
      ledger.db,
      pairs.map(({ id, secretId }) => ({ pairId: id, base: baseOf(connector, secretId), syncVersion: 2 })),
    );

    expect(await findMovedPairs(ledger.db, search, 0, 100)).toEqual([]);
  });

  it('is not taken from rows of an earlier scan', async () => {
    const { connector } = await scannedWorld([1, 2]);
    const cycle = await newCycle(ledger.db, connector);
    const scans = await scanBothSides(ledger.db, cycle, connector, worldOf(connector, [1]));

    const moved = await findMovedPairs(ledger.db, searchOf(connector, scans), 0, 100);

    expect(reasonsBySecret(moved)).toEqual({ 2: ['keyVault', 'gone'] });
    expect(moved[0]).toMatchObject({ secret: undefined, external: undefined });
  });
});

describe('the rolling re-read', () => {
  it('takes the oldest reads first, at most so many in a cycle, also over pages', async () => {
    const { connector, pairs } = await scannedWorld([1, 2, 3, 4, 5]);
    const cycle = await newCycle(ledger.db, connector);
    for (const secretId of [1, 2, 4]) await markRead(ledger.db, [idOf(pairs, secretId)], cycle);
    // The driver's dates have milliseconds; reads of the millisecond in which a scan began count as read since.
    await sql`
      update pair set last_read_at = last_read_at - interval '1 hour' where connector = ${connector}`.execute(
      ledger.db,
    );
    const scans = await scanBothSides(ledger.db, cycle, connector, worldOf(connector, [1, 2, 3, 4, 5]));
    const search = { ...searchOf(connector, scans), rereadBefore: afterAllReads, rereadLimit: 3 };

    const first = await findMovedPairs(ledger.db, search, 0, 1);
    expect(reasonsBySecret(first)).toEqual({ 1: ['reread'] });
    await markRead(
      ledger.db,
      first.map(({ pair }) => pair.id),
      cycle,
    );
    const rest = await findMovedPairs(ledger.db, search, first[0]?.pair.id ?? 0, 100);

    expect(reasonsBySecret(rest)).toEqual({ 3: ['reread'], 5: ['reread'] });
    await markRead(
      ledger.db,
      rest.map(({ pair }) => pair.id),
      cycle,
    );
    expect(await findMovedPairs(ledger.db, search, 0, 100)).toEqual([]);
  });
});

async function scannedWorld(
  secretIds: readonly number[],
  change: (seen: SeenWorld, connector: string) => SeenWorld = (seen) => seen,
  complete = true,
) {
  const connector = await newConnector(ledger.db);
  const pairs = await newPairs(ledger.db, connector, secretIds);
  const cycle = await newCycle(ledger.db, connector);
  const seen = change(worldOf(connector, secretIds), connector);
  const scans = await scanBothSides(ledger.db, cycle, connector, seen, complete);
  return { connector, pairs, cycle, search: searchOf(connector, scans) };
}

function worldOf(connector: string, secretIds: readonly number[]): SeenWorld {
  return {
    secrets: secretIds.map((id) => secretRow(id)),
    externals: secretIds.map((id) => externalSecretRow(connector, id)),
  };
}

/** Changes secret 2. */
function withSecret(seen: SeenWorld, changes: Parameters<typeof secretRow>[1]): SeenWorld {
  return { ...seen, secrets: seen.secrets.map((row) => (row.secretId === 2 ? secretRow(2, changes) : row)) };
}

/** Changes the external secret of secret 2. */
function withExternal(
  seen: SeenWorld,
  connector: string,
  changes: Parameters<typeof externalSecretRow>[2],
): SeenWorld {
  const changed = externalSecretRow(connector, 2, changes);
  return { ...seen, externals: seen.externals.map((row) => (row.name === changed.name ? changed : row)) };
}

function searchOf(
  connector: string,
  scans: Pick<MoveSearch, 'keyVaultGeneration' | 'secretServerGeneration' | 'scanStartedAt'>,
): MoveSearch {
  return { connector, ...scans, everything: false, rereadLimit: 0, rereadBefore: longAgo };
}

function reasonsBySecret(moved: readonly MovedPair[]): Record<number, readonly MoveReason[]> {
  return Object.fromEntries(moved.map(({ pair, reasons }) => [pair.secretId, reasons]));
}

function idOf(pairs: readonly Pair[], secretId: number): number {
  return pairs.find((pair) => pair.secretId === secretId)?.id ?? 0;
}
