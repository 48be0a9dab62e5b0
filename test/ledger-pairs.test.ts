import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { closeCycle } from '../ledger/cycles';
import { recordDecisions, type DecisionRow } from '../ledger/decisions';
import { openIntents } from '../ledger/intents';
import { leasePairs } from '../ledger/leases';
import { noteChanges } from '../ledger/pending-changes';
import { listPairs } from '../ledger/pair-listing';
import { getPairs, insertPairs, markRead, moveBases } from '../ledger/pairs';
import {
  baseOf,
  externalNameOf,
  newConnector,
  newCycle,
  newPairs,
  scanBothSides,
  secretRow,
  vaultUrl,
} from './support/ledger-world';
import { startLedger, type TestLedger } from './support/ledger';

let ledger: TestLedger;
beforeAll(async () => (ledger = await startLedger()));
afterAll(async () => await ledger.close());

describe('making pairs', () => {
  it('keeps the first name of a secret and makes no second pair', async () => {
    const connector = await newConnector(ledger.db);
    await newPairs(ledger.db, connector, [1], false);

    const again = [{ secretId: 1, externalName: `${connector}-other`, ssTemplate: 'Other' }];
    expect(await insertPairs(ledger.db, connector, vaultUrl, again)).toEqual({ collisions: [] });

    const pairs = await getPairs(ledger.db, connector, [1]);
    expect(pairs).toMatchObject([
      { externalName: externalNameOf(connector, 1), syncVersion: 0, base: undefined },
    ]);
  });

  it('tells who has a name, in whatever letters, also within one batch', async () => {
    const connector = await newConnector(ledger.db);
    const other = await newConnector(ledger.db);
    await newPairs(ledger.db, connector, [1], false);
    const shared = `${other}-shared`;

    const { collisions } = await insertPairs(ledger.db, other, vaultUrl, [
      { secretId: 5, externalName: externalNameOf(connector, 1).toUpperCase(), ssTemplate: 'T' },
      { secretId: 6, externalName: shared, ssTemplate: 'T' },
      { secretId: 7, externalName: shared.toUpperCase(), ssTemplate: 'T' },
      { secretId: 8, externalName: `${other}-8`, ssTemplate: 'T' },
    ]);

    expect(collisions).toEqual([
      {
        secretId: 5,
        externalName: externalNameOf(connector, 1).toUpperCase(),
        takenByConnector: connector,
        takenBySecretId: 1,
      },
      { secretId: 7, externalName: shared.toUpperCase(), takenByConnector: other, takenBySecretId: 6 },
    ]);
    const made = await getPairs(ledger.db, other, [5, 6, 7, 8]);
    expect(made.map(({ secretId }) => secretId)).toEqual([6, 8]);
  });
});

describe('moving a base without a write', () => {
  it('happens unless the pair has an open intent or was leased since it was read', async () => {
    const connector = await newConnector(ledger.db);
    const pairs = await newPairs(ledger.db, connector, [1, 2, 3]);
    const [free, leased, written] = pairs.map(({ id }) => id);
    if (free === undefined || leased === undefined || written === undefined) throw new Error('Three pairs.');
    await leasePairs(ledger.db, { owner: 'a', leaseMs: 1 }, [leased]);
    await openIntents(
      ledger.db,
      { owner: 'a', leaseMs: 1, settleMs: 1, cycleId: await newCycle(ledger.db, connector) },
      [intentRequest(written)],
    );
    const base = (secretId: number) => baseOf(connector, secretId, { keyVaultVersion: 'moved' });

    const moved = await moveBases(ledger.db, [
      { pairId: free, base: base(1), syncVersion: 5, expectedEpoch: 0, tagRepairs: 2 },
      { pairId: leased, base: base(2), syncVersion: 5, expectedEpoch: 0 },
      { pairId: written, base: base(3), syncVersion: 5 },
    ]);

    expect(moved).toEqual([free]);
    const after = await getPairs(ledger.db, connector, [1, 2, 3]);
    expect(after.map((pair) => pair.base?.keyVaultVersion === 'moved')).toEqual([true, false, false]);
    expect(after[0]).toMatchObject({ syncVersion: 5, tagRepairs: 2, epoch: 0 });
    expect(after[1]).toMatchObject({ syncVersion: 1, epoch: 1 });
  });
});

describe('reading a pair', () => {
  it('satisfies the hints noted before the search was complete, and no later one', async () => {
    const { connector, cycle, pairIds } = await hintedCycle();
    await noteChanges(ledger.db, connector, 'report', [2], {});

    await markRead(ledger.db, pairIds, cycle);

    expect(await hintedSecrets(connector)).toEqual([2]);
  });

  it('keeps a hint on a secret whose decision is not carried out yet', async () => {
    const { connector, cycle, pairIds } = await hintedCycle();
    await recordDecisions(ledger.db, cycle, [
      decision(pairIds[0], 1, { decision: 'none', state: 'reported' }),
      decision(pairIds[1], 2, { decision: 'push', state: 'planned' }),
    ]);

    await markRead(ledger.db, pairIds, cycle);

    expect(await hintedSecrets(connector)).toEqual([2]);
  });

  it('keeps the hint of an earlier decision until a decision ends it', async () => {
    const { connector, cycle, pairIds } = await hintedCycle();
    await recordDecisions(ledger.db, cycle, [decision(pairIds[0], 1, { state: 'failed' })]);
    const next = await newCycle(ledger.db, connector);
    await scanBothSides(ledger.db, next, connector, { secrets: [], externals: [] });

    await markRead(ledger.db, pairIds, next);
    expect(await hintedSecrets(connector)).toEqual([1]);
    await recordDecisions(ledger.db, next, [decision(pairIds[0], 1, { decision: 'none', state: 'done' })]);
    expect(await hintedSecrets(connector)).toEqual([]);
  });
});

describe('listing pairs', () => {
  it('filters by connector, secret and name, and pages by pair id', async () => {
    const connector = await newConnector(ledger.db);
    const pairs = await newPairs(ledger.db, connector, [1, 2, 3]);
    const cycle = await newCycle(ledger.db, connector);
    await scanBothSides(ledger.db, cycle, connector, { secrets: [secretRow(2)], externals: [] });

    const all = await listPairs(ledger.db, { connector }, 0, 10);
    expect(all.map(({ pair }) => pair)).toEqual(pairs);
    expect(all[1]).toMatchObject({
      secretName: 'secret 2',
      folderPath: 'Production/Oracle',
      intentOpen: false,
    });
    expect(all[0]).toMatchObject({ secretName: undefined });
    const named = { externalName: externalNameOf(connector, 3).toUpperCase() };
    expect((await listPairs(ledger.db, named, 0, 10)).map(({ pair }) => pair.secretId)).toEqual([3]);
    expect(await listPairs(ledger.db, { connector, secretId: 2 }, 0, 10)).toHaveLength(1);
    expect(await listPairs(ledger.db, { connector }, pairs[1]?.id ?? 0, 10)).toHaveLength(1);
  });

  it('tells what the newest cycles could not do, until one of them could', async () => {
    const connector = await newConnector(ledger.db);
    const [pair] = await newPairs(ledger.db, connector, [1]);
    const problem = async () => (await listPairs(ledger.db, { connector }, 0, 10))[0]?.problem;
    const ended = async (kind: 'full' | 'targeted', state: 'failed' | 'done', dryRun: boolean) => {
      const cycle = await newCycle(ledger.db, connector, kind, dryRun);
      await recordDecisions(ledger.db, cycle, [
        decision(pair?.id, 1, {
          state,
          ...(state === 'failed' && { code: 'ValueTooLarge', detail: 'So big.' }),
        }),
      ]);
      await closeCycle(ledger.db, cycle, { outcome: dryRun ? 'DryRun' : 'Completed', counts: {}, calls: {} });
    };

    await ended('full', 'failed', false);
    expect(await problem()).toEqual({ state: 'failed', code: 'ValueTooLarge', detail: 'So big.' });
    await ended('full', 'done', true);
    expect(await problem()).toMatchObject({ state: 'failed' });
    await ended('targeted', 'done', false);
    expect(await problem()).toBeUndefined();
    await ended('targeted', 'failed', false);
    expect(await problem()).toMatchObject({ state: 'failed' });
    const quiet = await newCycle(ledger.db, connector);
    await closeCycle(ledger.db, quiet, { outcome: 'Completed', counts: {}, calls: {} });
    expect(await problem()).toBeUndefined();
  });
});

async function hintedCycle() {
  const connector = await newConnector(ledger.db);
  const pairs = await newPairs(ledger.db, connector, [1, 2]);
  const cycle = await newCycle(ledger.db, connector);
  await noteChanges(ledger.db, connector, 'report', [1, 2], {});
  await scanBothSides(ledger.db, cycle, connector, { secrets: [], externals: [] });
  return { connector, cycle, pairIds: pairs.map(({ id }) => id) };
}

async function hintedSecrets(connector: string): Promise<readonly number[]> {
  const { rows } = await sql<{ secret_id: number }>`
    select distinct secret_id from pending_change where connector = ${connector} order by 1`.execute(
    ledger.db,
  );
  return rows.map(({ secret_id: id }) => id);
}

function decision(pairId: number | undefined, secretId: number, changes: Partial<DecisionRow>): DecisionRow {
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
    ...changes,
  };
}

function intentRequest(pairId: number) {
  return {
    pairId,
    operationId: randomUUID(),
    expectedVersion: undefined,
    intendedFingerprints: {},
    intendedSyncVersion: 1,
    sourceStamp: 's',
  };
}
