import { sql } from 'kysely';
import type { CycleReport } from '../domain/cycles';
import { createBulkSecrets } from './support/bulk-secrets';
import { callsTo, countByOperation, endOfLog, mostWithin } from './support/call-log';
import { callsWithUnknownId } from './support/correlation-ids';
import { activate, runCycle } from './support/cycle-runs';
import { historyOf } from './support/histories';
import { startSyncWorld, type SyncWorld } from './support/sync-world';

// Key Vault takes 300 new versions in 10 s, so 2,000 of them take more than a minute.
jest.setTimeout(300_000);

const pairsPerPush = 1_000;
/** What a full push may cost: at most 60 events per 1,000 pairs, and 40. */
const eventsPerPush = 60 + 40;
const listPageSize = 25;

let world: SyncWorld;

beforeAll(async () => {
  // With the least timings of production: waiting for the budget of creates must fit into a lease.
  world = await startSyncWorld({
    timings: { requestTimeoutSeconds: 20, pairLeaseSeconds: 60, settleSeconds: 80 },
  });
});

afterAll(async () => {
  await world?.stop();
});

async function eventsOf(cycle: CycleReport): Promise<number> {
  const run = await sql<{ workflow_id: string; run_id: string }>`
    select workflow_id, run_id from cycle where id = ${cycle.cycleId}`.execute(world.ledger);
  const [row] = run.rows;
  if (row === undefined) throw new Error('The cycle is not in the ledger.');
  return (await historyOf(world.temporal, row.workflow_id, row.run_id)).events.length;
}

describe('pushing 2,000 secrets in two full pushes of 1,000', () => {
  it('costs at most 60 events per 1,000 pairs and 40, at the first sync', async () => {
    await createBulkSecrets(world.emulators, pairsPerPush, { namePrefix: 'first' });
    const activation = await activate(world);
    const cycle = activation.initialSync;
    if (cycle === undefined || !('cycleId' in cycle)) throw new Error('There was no initial sync.');
    expect(cycle.counts).toEqual({ 'create.done': pairsPerPush });
    expect(await eventsOf(cycle)).toBeLessThanOrEqual(eventsPerPush);
  });

  it('costs as much at the next one, and one PUT for each secret', async () => {
    await createBulkSecrets(world.emulators, pairsPerPush, { namePrefix: 'second' });
    const start = await endOfLog(world.emulators);
    const cycle = await runCycle(world);
    const counts = countByOperation(await callsTo(world.emulators, 'keyVault', start));
    expect(cycle.counts).toEqual({ 'create.done': pairsPerPush });
    expect(await eventsOf(cycle)).toBeLessThanOrEqual(eventsPerPush);
    expect(counts).toMatchObject({ set: pairsPerPush, listVersions: pairsPerPush });
  });

  it('never sends more than the 300 creates in 10 s that Key Vault takes', async () => {
    const sets = (await callsTo(world.emulators, 'keyVault')).filter(({ operation }) => operation === 'set');
    expect(mostWithin(sets, 10_000)).toBeLessThanOrEqual(300);
  });
});

describe('an idle cycle right after the push', () => {
  it('lists, reads no value, writes nothing, and leaves at most 40 events', async () => {
    const start = await endOfLog(world.emulators);
    const cycle = await runCycle(world);
    const calls = await callsTo(world.emulators, 'keyVault', start);
    const counts = countByOperation(calls);
    const live = 2 * pairsPerPush + 1; // With the connection probe.
    expect(calls.length).toBeLessThanOrEqual(Math.ceil(live / listPageSize) + 5);
    expect(counts).toEqual({ list: expect.any(Number) as number });
    const source = countByOperation(await callsTo(world.emulators, 'secretServer', start));
    expect(source['read'] ?? 0).toBe(0);
    expect(await eventsOf(cycle)).toBeLessThanOrEqual(40);
  });
});

describe('the correlation id', () => {
  it('stands on every call to Key Vault, and the audit or a cycle knows it', async () => {
    const calls = await callsTo(world.emulators, 'keyVault');
    expect(calls.length).toBeGreaterThan(3 * pairsPerPush);
    expect(await callsWithUnknownId(world, calls)).toEqual([]);
  });
});
