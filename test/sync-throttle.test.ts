import { sql } from 'kysely';
import { createBulkSecrets } from './support/bulk-secrets';
import { callsTo, endOfLog, mostWithin } from './support/call-log';
import { callsWithUnknownId } from './support/correlation-ids';
import { activate, runCycle } from './support/cycle-runs';
import { historyOf, scheduledActivities, type RunHistory } from './support/histories';
import { startSyncWorld, type SyncWorld } from './support/sync-world';
import { changeThrottle } from './support/throttle-file';

jest.setTimeout(180_000);

let world: SyncWorld;

beforeAll(async () => {
  world = await startSyncWorld({
    throttle: { parallel_template_workers: '3' },
    // With the least timings of production: waiting for a small budget must fit into a lease.
    timings: { requestTimeoutSeconds: 20, pairLeaseSeconds: 60, settleSeconds: 80 },
  });
  await createBulkSecrets(world.emulators, 210, { namePrefix: 'first' });
  await activate(world);
});

afterAll(async () => {
  await world?.stop();
});

async function historyOfCycle(cycleId: string): Promise<RunHistory> {
  const { rows } = await sql<{ workflow_id: string; run_id: string }>`
    select workflow_id, run_id from cycle where id = ${cycleId}`.execute(world.ledger);
  const [row] = rows;
  if (row === undefined) throw new Error('The cycle is not in the ledger.');
  return await historyOf(world.temporal, row.workflow_id, row.run_id);
}

/** How many pages had been started when the first of them ended. */
function pagesBegunBeforeOneEnded(history: RunHistory): number {
  const pages = new Set<string>();
  for (const event of history.events) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled?.activityType?.name === 'applyPage') pages.add(String(event.eventId));
    const ended = event.activityTaskCompletedEventAttributes?.scheduledEventId;
    if (ended !== undefined && pages.has(String(ended))) return pages.size;
  }
  return 0;
}

describe('parallel_template_workers', () => {
  it('is how many pages are applied at once', async () => {
    const initialSync = await historyOf(world.temporal, `sync/${world.connector}`);
    expect(pagesBegunBeforeOneEnded(initialSync)).toBe(3);

    await changeThrottle(world, { parallel_template_workers: 1 });
    await createBulkSecrets(world.emulators, 110, { namePrefix: 'second' });
    const { cycleId, counts } = await runCycle(world);
    expect(counts).toEqual({ 'create.done': 110 });
    expect(pagesBegunBeforeOneEnded(await historyOfCycle(cycleId))).toBe(1);
  });
});

describe('external_secrets_per_batch and batch_interval_ms', () => {
  it('are how many writes begin together, and the time between two such batches', async () => {
    await changeThrottle(world, { external_secrets_per_batch: 4, batch_interval_ms: 1_500 });
    await createBulkSecrets(world.emulators, 10, { namePrefix: 'third' });
    const start = await endOfLog(world.emulators);
    const { cycleId } = await runCycle(world);
    // The results of a batch are recorded in one transaction, and a row tells which one wrote it last.
    const batches = await sql<{ writes: number }>`
      select count(*)::int as writes from intent where cycle_id = ${cycleId}
      group by xmin::text`.execute(world.ledger);
    expect(batches.rows.map(({ writes }) => writes).sort((a, b) => a - b)).toEqual([2, 4, 4]);

    const sets = (await callsTo(world.emulators, 'keyVault', start)).filter(
      ({ operation }) => operation === 'set',
    );
    expect(sets).toHaveLength(10);
    expect(mostWithin(sets, 1_500)).toBeLessThanOrEqual(4);
  });
});

describe('delta_page_size', () => {
  it('is the size of a LIST page on the wire', async () => {
    await changeThrottle(world, { delta_page_size: 20 });
    const start = await endOfLog(world.emulators);
    await runCycle(world);
    const lists = await callsTo(world.emulators, 'keyVault', start);
    const live = 210 + 110 + 10 + 1; // With the connection probe.
    expect(lists).toHaveLength(Math.ceil(live / 20));
    expect(lists[0]?.path).toContain('maxresults=20&');
  });
});

describe('max_requests_per_10s and burst_capacity', () => {
  it('are never exceeded in any 10 seconds and any second', async () => {
    await changeThrottle(world, {
      max_requests_per_10s: 60,
      burst_capacity: 20,
      external_secrets_per_batch: 25,
      batch_interval_ms: 0,
    });
    await createBulkSecrets(world.emulators, 25, { namePrefix: 'fourth' });
    const start = await endOfLog(world.emulators);
    expect((await runCycle(world)).counts).toEqual({ 'create.done': 25 });
    const calls = await callsTo(world.emulators, 'keyVault', start);
    expect(calls.length).toBeGreaterThan(60);
    expect(mostWithin(calls, 10_000)).toBeLessThanOrEqual(60);
    expect(mostWithin(calls, 1_000)).toBeLessThanOrEqual(20);
  });
});

describe('retry_policy, retry_max_attempts and retry_base_delay_ms', () => {
  it.each([
    { policy: 'exponential', attempts: 4, delayMs: 300, coefficient: 2 },
    { policy: 'fixed', attempts: 2, delayMs: 700, coefficient: 1 },
  ])('become the retry policy of the steps ($policy)', async ({ policy, attempts, delayMs, coefficient }) => {
    await changeThrottle(world, {
      retry_policy: `"${policy}"`,
      retry_max_attempts: attempts,
      retry_base_delay_ms: delayMs,
      max_requests_per_10s: 2_000,
      burst_capacity: 500,
    });
    const { cycleId } = await runCycle(world);
    const scheduled = scheduledActivities(await historyOfCycle(cycleId));
    expect(scheduled.map(({ type }) => type)).toEqual(expect.arrayContaining(['scanKeyVault', 'planCycle']));
    for (const activity of scheduled) {
      expect(activity).toMatchObject({
        maximumAttempts: attempts,
        initialIntervalMs: delayMs,
        backoffCoefficient: coefficient,
      });
    }
  });

  it('end a step after so many attempts, and each attempt carries the id of its cycle', async () => {
    await changeThrottle(world, { retry_policy: '"fixed"', retry_max_attempts: 3, retry_base_delay_ms: 50 });
    const { id } = await world.emulators.control.addFault({
      match: { service: 'keyVault', operation: 'list' },
      nth: 3,
      count: 'unlimited',
      effect: { kind: 'answer', status: 500 },
    });
    const start = await endOfLog(world.emulators);
    await expect(runCycle(world)).rejects.toThrow();
    await world.emulators.control.removeFault(id);
    const failed = (await callsTo(world.emulators, 'keyVault', start)).filter(({ status }) => status === 500);
    expect(failed).toHaveLength(3);
    expect(new Set(failed.map(({ clientRequestId }) => clientRequestId)).size).toBe(1);
  });
});

describe('the correlation id', () => {
  it('stands on every call to Key Vault, pages and retries included, and can be looked up', async () => {
    const calls = await callsTo(world.emulators, 'keyVault');
    expect(await callsWithUnknownId(world, calls)).toEqual([]);
  });
});
