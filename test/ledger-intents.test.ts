import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { auditHead, exportAudit } from '../ledger/audit';
import { loadDecision, recordDecisions } from '../ledger/decisions';
import {
  closeIntents,
  openIntents,
  takeOverIntents,
  type IntentOutcome,
  type IntentRequest,
} from '../ledger/intents';
import { leasePairs, releaseLeases } from '../ledger/leases';
import { noteChanges } from '../ledger/pending-changes';
import { getPairs } from '../ledger/pairs';
import { auditKey, baseOf, newConnector, newCycle, newPairs, scanBothSides } from './support/ledger-world';
import { startLedger, type TestLedger } from './support/ledger';

let ledger: TestLedger;
beforeAll(async () => (ledger = await startLedger()));
afterAll(async () => await ledger.close());

const minute = 60_000;

describe('opening intents', () => {
  it('takes the lease of each pair with the next epoch', async () => {
    const world = await worldOf([1, 2]);

    const opened = await open(world, 'a', [1, 2]);

    expect(opened.results).toEqual([
      { kind: 'opened', epoch: 1 },
      { kind: 'opened', epoch: 1 },
    ]);
    await close(world, opened, 'notLanded', 1);
    const again = await open(world, 'b', [1, 2]);
    expect(again.results).toEqual([
      { kind: 'opened', epoch: 2 },
      { kind: 'opened', epoch: 2 },
    ]);
  });

  it('is refused for a leased pair and goes on with the others', async () => {
    const world = await worldOf([1, 2]);
    await leasePairs(ledger.db, { owner: 'tagger', leaseMs: minute }, [world.pairId(1)]);

    const { results } = await open(world, 'a', [1, 2]);

    expect(results).toMatchObject([{ kind: 'leased', byOwner: 'tagger' }, { kind: 'opened' }]);
    expect(results[0]?.kind === 'leased' ? results[0].remainingMs : 0).toBeGreaterThan(minute / 2);
  });

  it('tells an intent that is still open, even when its lease is over', async () => {
    const world = await worldOf([1]);
    const first = await open(world, 'a', [1], { leaseMs: 0, settleMs: minute });

    const second = await open(world, 'b', [1]);

    expect(second.results).toMatchObject([
      { kind: 'intentOpen', intent: { operationId: first.operationIds[0] } },
    ]);
    const third = await takeOverIntents(ledger.db, { owner: 'b', leaseMs: minute }, [world.pairId(1)]);
    expect(third).toMatchObject([{ kind: 'settling' }]);
  });

  it('gives one pair to one request, also within a batch', async () => {
    const world = await worldOf([1]);

    const { results } = await open(world, 'a', [1, 1]);

    expect(results).toMatchObject([
      { kind: 'opened', epoch: 1 },
      { kind: 'leased', byOwner: 'a' },
    ]);
  });

  it('writes nothing when it fails', async () => {
    const world = await worldOf([1]);
    const opener = { owner: 'a', leaseMs: minute, settleMs: minute, cycleId: randomUUID() };

    await expect(openIntents(ledger.db, opener, [request(world.pairId(1))])).rejects.toMatchObject({
      code: 'LedgerStatementFailed',
    });
    expect((await open(world, 'b', [1])).results).toEqual([{ kind: 'opened', epoch: 1 }]);
  });
});

describe('taking over an intent', () => {
  it('waits for its lease and its settle window, then fences the attempt that opened it', async () => {
    const world = await worldOf([1]);
    const zombie = await open(world, 'zombie', [1], { leaseMs: minute, settleMs: 0 });
    const taker = { owner: 'b', leaseMs: minute };
    expect(await takeOverIntents(ledger.db, taker, [world.pairId(1)])).toMatchObject([
      { kind: 'leased', byOwner: 'zombie' },
    ]);
    await expireLease(world.pairId(1));

    const taken = await takeOverIntents(ledger.db, taker, [world.pairId(1)]);

    expect(taken).toMatchObject([{ kind: 'taken', epoch: 2, intent: { epoch: 1, remainingSettleMs: 0 } }]);
    const before = await getPairs(ledger.db, world.connector, [1]);
    expect(await close(world, zombie, 'landed', 1)).toEqual([{ kind: 'fenced' }]);
    expect(await getPairs(ledger.db, world.connector, [1])).toEqual(before);
    expect(await auditHead(ledger.db, world.connector)).toBeUndefined();
    expect((await loadDecision(ledger.db, world.cycle, world.pairId(1)))?.decision.state).toBe('planned');
    expect(await close(world, zombie, 'landed', 2)).toEqual([{ kind: 'recorded' }]);
  });

  it('finds nothing when none is open', async () => {
    const world = await worldOf([1]);

    expect(await takeOverIntents(ledger.db, { owner: 'b', leaseMs: minute }, [world.pairId(1)])).toEqual([
      { kind: 'none' },
    ]);
    expect(await leasePairs(ledger.db, { owner: 'c', leaseMs: minute }, [world.pairId(1)])).toEqual([
      { kind: 'taken', epoch: 1 },
    ]);
  });
});

describe('closing intents', () => {
  it('moves base, counter, decision, hint, lease and audit of a write that landed, at once', async () => {
    const world = await worldOf([1, 2]);
    await noteChanges(ledger.db, world.connector, 'report', [1], {});
    await scanBothSides(ledger.db, world.cycle, world.connector, { secrets: [], externals: [] });
    const opened = await open(world, 'a', [1]);

    expect(await close(world, opened, 'landed', 1)).toEqual([{ kind: 'recorded' }]);

    const [pair] = await getPairs(ledger.db, world.connector, [1]);
    expect(pair).toMatchObject({ syncVersion: 2, tagRepairs: 0, base: { keyVaultVersion: 'landed' } });
    expect((await loadDecision(ledger.db, world.cycle, world.pairId(1)))?.decision.state).toBe('done');
    expect(await hints(world.connector)).toEqual([2]);
    expect(await exportAudit(ledger.db, world.connector, 0, 10)).toMatchObject([
      { sequence: 1, correlationId: opened.operationIds[0], action: 'externalSecret.written', secretId: 1 },
    ]);
    expect((await open(world, 'b', [1])).results).toEqual([{ kind: 'opened', epoch: 2 }]);
  });

  it('keeps a hint that was noted after the search', async () => {
    const world = await worldOf([1]);
    await scanBothSides(ledger.db, world.cycle, world.connector, { secrets: [], externals: [] });
    const opened = await open(world, 'a', [1]);
    await noteChanges(ledger.db, world.connector, 'report', [1], {});

    await close(world, opened, 'landed', 1);

    expect(await hints(world.connector)).toEqual([1]);
  });

  it('keeps a hint that was noted before the search of the cycle that only settles it', async () => {
    const world = await worldOf([1]);
    await scanBothSides(ledger.db, world.cycle, world.connector, { secrets: [], externals: [] });
    const opened = await open(world, 'a', [1], { leaseMs: 0, settleMs: 0 });
    await noteChanges(ledger.db, world.connector, 'report', [1], {});
    const settling = await newCycle(ledger.db, world.connector);
    await scanBothSides(ledger.db, settling, world.connector, { secrets: [], externals: [] });
    await takeOverIntents(ledger.db, { owner: 'b', leaseMs: minute }, [world.pairId(1)]);

    expect(await close({ ...world, cycle: settling }, opened, 'landed', 2)).toEqual([{ kind: 'recorded' }]);

    expect(await hints(world.connector)).toEqual([1]);
  });

  it.each(['notLanded', 'landedForeignOnTop'] as const)('leaves the base alone when it %s', async (kind) => {
    const world = await worldOf([1]);
    const before = await getPairs(ledger.db, world.connector, [1]);
    const opened = await open(world, 'a', [1]);

    expect(await close(world, opened, kind, 1)).toEqual([{ kind: 'recorded' }]);

    const [pair] = await getPairs(ledger.db, world.connector, [1]);
    expect(pair).toEqual({ ...before[0], epoch: 1 });
    const { decision, openIntent } = (await loadDecision(ledger.db, world.cycle, world.pairId(1))) ?? {};
    expect(decision).toMatchObject({ state: 'failed', code: 'LedgerBusy', detail: 'refused' });
    expect(openIntent).toBeUndefined();
    expect(await hints(world.connector)).toEqual([1]);
  });

  it('repeated after a lost answer records nothing twice', async () => {
    const world = await worldOf([1]);
    const opened = await open(world, 'a', [1]);
    await close(world, opened, 'landed', 1);
    const next = await open(world, 'b', [1]);

    expect(await close(world, opened, 'landed', 1)).toEqual([{ kind: 'recorded' }]);

    expect(await auditHead(ledger.db, world.connector)).toMatchObject({ sequence: 1 });
    expect(await close(world, next, 'notLanded', 2)).toEqual([{ kind: 'recorded' }]);
  });

  it('records the valid ones of a batch when others are fenced', async () => {
    const world = await worldOf([1, 2]);
    const opened = await open(world, 'a', [1, 2], { leaseMs: 0, settleMs: 0 });
    await takeOverIntents(ledger.db, { owner: 'b', leaseMs: minute }, [world.pairId(1)]);

    expect(await close(world, opened, 'landed', 1)).toEqual([{ kind: 'fenced' }, { kind: 'recorded' }]);

    const pairs = await getPairs(ledger.db, world.connector, [1, 2]);
    expect(pairs.map(({ base }) => base?.keyVaultVersion === 'landed')).toEqual([false, true]);
    expect(await exportAudit(ledger.db, world.connector, 0, 10)).toMatchObject([{ secretId: 2 }]);
  });
});

describe('pair leases', () => {
  it('keep their epoch when they are given back, and a late giving back ends no successor', async () => {
    const world = await worldOf([1]);
    const pairId = world.pairId(1);
    await leasePairs(ledger.db, { owner: 'a', leaseMs: 0 }, [pairId]);
    await leasePairs(ledger.db, { owner: 'b', leaseMs: minute }, [pairId]);

    await releaseLeases(ledger.db, [{ pairId, epoch: 1 }]);
    const taker = { owner: 'c', leaseMs: minute };
    expect(await leasePairs(ledger.db, taker, [pairId])).toMatchObject([{ kind: 'leased', byOwner: 'b' }]);
    await releaseLeases(ledger.db, [{ pairId, epoch: 2 }]);
    expect(await leasePairs(ledger.db, taker, [pairId])).toEqual([{ kind: 'taken', epoch: 3 }]);
  });

  it('never have two holders, whoever takes them at once and in whatever order', async () => {
    const world = await worldOf([1, 2, 3, 4, 5]);
    const holders = new Map<number, string>();
    const epochs = new Map<number, number>();
    const taken = { count: 0 };
    const takers = ['a', 'b', 'c', 'd'].map(async (name, index) => {
      for (let round = 0; round < 40; round += 1) {
        const wanted = [1, 2, 3, 4, 5]
          .map((id) => world.pairId(((id + round * (index + 1)) % 5) + 1))
          .slice(index % 3);
        const results = await leasePairs(ledger.db, { owner: `${name}${round}`, leaseMs: minute }, wanted);
        const mine = wanted.flatMap((pairId, at) => {
          const result = results[at];
          return result?.kind === 'taken' ? [{ pairId, epoch: result.epoch }] : [];
        });
        for (const { pairId, epoch } of mine) {
          expect(holders.get(pairId)).toBeUndefined();
          expect(epoch).toBeGreaterThan(epochs.get(pairId) ?? 0);
          holders.set(pairId, name);
          epochs.set(pairId, epoch);
          taken.count += 1;
        }
        // Time for the others to ask while these are held.
        await sql`select 1`.execute(ledger.db);
        for (const { pairId } of mine) holders.delete(pairId);
        await releaseLeases(ledger.db, mine);
      }
    });

    await Promise.all(takers);

    expect(taken.count).toBeGreaterThan(100);
    expect([...epochs.values()].reduce((sum, epoch) => sum + epoch, 0)).toBe(taken.count);
  });
});

interface World {
  readonly connector: string;
  readonly cycle: string;
  pairId(secretId: number): number;
}

/** Pairs with bases and a planned push each. */
async function worldOf(secretIds: readonly number[]): Promise<World> {
  const connector = await newConnector(ledger.db);
  const pairs = await newPairs(ledger.db, connector, secretIds);
  const cycle = await newCycle(ledger.db, connector);
  await recordDecisions(
    ledger.db,
    cycle,
    pairs.map((pair) => ({
      pairId: pair.id,
      secretId: pair.secretId,
      externalName: pair.externalName,
      row: 3,
      decision: 'push',
      code: undefined,
      detail: undefined,
      keyVaultVersion: 'v1',
      syncVersion: 1,
      state: 'planned',
    })),
  );
  return { connector, cycle, pairId: (secretId) => pairs[secretId - 1]?.id ?? 0 };
}

async function open(
  world: World,
  owner: string,
  secretIds: readonly number[],
  { leaseMs, settleMs } = { leaseMs: minute, settleMs: minute },
) {
  const requests = secretIds.map((secretId) => request(world.pairId(secretId)));
  const opener = { owner, leaseMs, settleMs, cycleId: world.cycle };
  const results = await openIntents(ledger.db, opener, requests);
  return { results, secretIds, operationIds: requests.map(({ operationId }) => operationId) };
}

function request(pairId: number): IntentRequest {
  return {
    pairId,
    operationId: randomUUID(),
    expectedVersion: 'v1',
    intendedFingerprints: { password: 'f' },
    intendedSyncVersion: 2,
    sourceStamp: 'stamp',
  };
}

async function close(
  world: World,
  opened: { secretIds: readonly number[]; operationIds: readonly string[] },
  kind: IntentOutcome['kind'],
  epoch: number,
) {
  const outcomes = opened.operationIds.map((operationId, index): IntentOutcome => {
    const secretId = opened.secretIds[index] ?? 0;
    const common = { pairId: world.pairId(secretId), operationId, epoch, cycleId: world.cycle };
    if (kind !== 'landed') {
      return { ...common, kind, decisionState: 'failed', code: 'LedgerBusy', detail: 'refused' };
    }
    const base = baseOf(world.connector, secretId, { keyVaultVersion: 'landed' });
    return { ...common, kind, decisionState: 'done', base, syncVersion: 2 };
  });
  const audit = opened.operationIds.map((correlationId, index) => ({
    connector: world.connector,
    correlationId,
    action: 'externalSecret.written',
    secretId: opened.secretIds[index] ?? 0,
    details: { epoch },
  }));
  return await closeIntents(ledger.db, auditKey, outcomes, audit);
}

async function expireLease(pairId: number): Promise<void> {
  await sql`update lease set expires_at = 'epoch' where key = ${`pair:${pairId}`}`.execute(ledger.db);
}

async function hints(connector: string): Promise<readonly number[]> {
  const { rows } = await sql<{ secret_id: number }>`
    select distinct secret_id from pending_change where connector = ${connector} order by 1`.execute(
    ledger.db,
  );
  return rows.map(({ secret_id: id }) => id);
}
