import { randomUUID } from 'node:crypto';
import {
  addCycleCalls,
  closeCycle,
  getCycle,
  listCycles,
  openCycle,
  releaseCycleLease,
  tryTakeCycleLease,
} from '../ledger/cycles';
import { newConnector, newCycle } from './support/ledger-world';
import { startLedger, type TestLedger } from './support/ledger';

let ledger: TestLedger;
beforeAll(async () => (ledger = await startLedger()));
afterAll(async () => await ledger.close());

const owner = (runId: string) => ({ workflowId: `workflow of ${runId}`, runId });

describe('the lease of full cycles', () => {
  it('goes to one of many runs that ask at once, and tells the others who has it', async () => {
    const connector = await newConnector(ledger.db);
    await tryTakeCycleLease(ledger.db, connector, owner('before'));
    await releaseCycleLease(ledger.db, connector, 'before');
    const runs = Array.from({ length: 12 }, (_, index) => `run ${index}`);

    const answers = await Promise.all(
      runs.map(async (runId) => await tryTakeCycleLease(ledger.db, connector, owner(runId))),
    );

    const winners = runs.filter((_, index) => answers[index]?.kind === 'taken');
    expect(winners).toHaveLength(1);
    const others = answers.filter(({ kind }) => kind === 'held');
    expect(new Set(others.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set([JSON.stringify({ kind: 'held', ...owner(winners[0] ?? '') })]),
    );
  });

  it('is taken again by its own run and not by another', async () => {
    const connector = await newConnector(ledger.db);
    await tryTakeCycleLease(ledger.db, connector, owner('a'));

    expect(await tryTakeCycleLease(ledger.db, connector, owner('a'))).toEqual({ kind: 'taken' });
    expect(await tryTakeCycleLease(ledger.db, connector, owner('b'))).toMatchObject({
      kind: 'held',
      runId: 'a',
    });
  });

  it('is taken over only from the run that the taker knows to be closed', async () => {
    const connector = await newConnector(ledger.db);
    await tryTakeCycleLease(ledger.db, connector, owner('a'));
    await tryTakeCycleLease(ledger.db, connector, owner('b'), 'a');

    expect(await tryTakeCycleLease(ledger.db, connector, owner('c'), 'a')).toMatchObject({
      kind: 'held',
      runId: 'b',
    });
    expect(await tryTakeCycleLease(ledger.db, connector, owner('c'), 'b')).toEqual({ kind: 'taken' });
  });

  it('is given back by its run only, and is free then', async () => {
    const connector = await newConnector(ledger.db);
    await tryTakeCycleLease(ledger.db, connector, owner('a'));
    await releaseCycleLease(ledger.db, connector, 'b');
    expect(await tryTakeCycleLease(ledger.db, connector, owner('b'))).toMatchObject({ kind: 'held' });

    await releaseCycleLease(ledger.db, connector, 'a');
    expect(await tryTakeCycleLease(ledger.db, connector, owner('b'))).toEqual({ kind: 'taken' });
  });
});

describe('cycles', () => {
  it('are opened once, however often their opening is repeated', async () => {
    const connector = await newConnector(ledger.db);
    const cycle = {
      id: randomUUID(),
      connector,
      kind: 'full',
      dryRun: false,
      workflowId: 'w',
      runId: 'r',
    } as const;
    await openCycle(ledger.db, cycle);
    const first = await getCycle(ledger.db, cycle.id);
    await openCycle(ledger.db, { ...cycle, kind: 'targeted' });

    expect(await getCycle(ledger.db, cycle.id)).toEqual(first);
    expect(first).toMatchObject({ ...cycle, closedAt: undefined, outcome: undefined, calls: {} });
    await expect(
      openCycle(ledger.db, { ...cycle, id: randomUUID(), connector: 'Nobody' }),
    ).rejects.toMatchObject({
      code: 'ConnectorUnknown',
    });
  });

  it('add up the calls of parallel batches', async () => {
    const id = await newCycle(ledger.db, await newConnector(ledger.db));

    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        await addCycleCalls(ledger.db, id, {
          'keyVault.set': 2,
          [`secretServer.${index % 2 ? 'read' : 'search'}`]: 1,
        });
      }),
    );

    const counted = { 'keyVault.set': 40, 'secretServer.read': 10, 'secretServer.search': 10 };
    expect((await getCycle(ledger.db, id))?.calls).toEqual(counted);
    await closeCycle(ledger.db, id, { outcome: 'Completed', counts: {}, calls: {} });
    expect((await getCycle(ledger.db, id))?.calls).toEqual(counted);
  });

  it('keep outcome, counts, hash and totals when they are closed', async () => {
    const connector = await newConnector(ledger.db);
    const id = await newCycle(ledger.db, connector);
    await addCycleCalls(ledger.db, id, { 'keyVault.list': 1 });
    const end = {
      outcome: 'Cancelled',
      counts: { 'push.done': 7 },
      planHash: 'ab12',
      calls: { 'keyVault.list': 3 },
    };

    await closeCycle(ledger.db, id, { ...end, outcome: 'Cancelled' });
    await closeCycle(ledger.db, id, { ...end, outcome: 'Cancelled' });

    const closed = await getCycle(ledger.db, id);
    expect(closed).toMatchObject(end);
    expect(closed?.closedAt).toBeInstanceOf(Date);
    await expect(
      closeCycle(ledger.db, randomUUID(), { outcome: 'Failed', counts: {}, calls: {} }),
    ).rejects.toMatchObject({ code: 'CycleUnknown' });
  });

  it('are listed newest first', async () => {
    const connector = await newConnector(ledger.db);
    const ids = [await newCycle(ledger.db, connector), await newCycle(ledger.db, connector)];

    const listed = await listCycles(ledger.db, connector, 10);

    expect(listed.map(({ id }) => id)).toEqual(ids.toReversed());
    expect(await listCycles(ledger.db, connector, 1)).toHaveLength(1);
  });
});
