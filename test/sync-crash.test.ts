import { activate } from './support/cycle-runs';
import type { ExpectedSecret } from './support/oracle';
import {
  attemptsOf,
  holdCall,
  reportOf,
  startCycle,
  startTargeted,
  type HeldCall,
} from './support/running-cycles';
import {
  auditEntries,
  changePasswords,
  countVersions,
  expectOneVersionPerChange,
  secretsWithPassword,
  versionCounts,
} from './support/synced-state';
import { startSyncWorld, until, type SyncWorld } from './support/sync-world';
import { startTcpProxy, type TcpProxy } from './support/tcp-proxy';

jest.setTimeout(240_000);

let ledgerProxy: TcpProxy;
let temporalProxy: TcpProxy;
let world: SyncWorld;
let secrets: readonly ExpectedSecret[];

beforeAll(async () => {
  ledgerProxy = await startTcpProxy();
  temporalProxy = await startTcpProxy();
  world = await startSyncWorld({
    demo: true,
    ledgerUrlOf: (url) => through(ledgerProxy, url),
    temporalAddressOf: (address) => through(temporalProxy, `tcp://${address}`).replace('tcp://', ''),
    timings: { requestTimeoutSeconds: 7, pairLeaseSeconds: 9, settleSeconds: 8 },
  });
  await activate(world);
  secrets = await secretsWithPassword(world);
});

afterAll(async () => {
  await world?.stop();
  await ledgerProxy?.close();
  await temporalProxy?.close();
});

/** The same address through a proxy. */
function through(proxy: TcpProxy, address: string): string {
  const url = new URL(address);
  url.port = String(proxy.portFor(Number(url.port)));
  return url.href;
}

type Several<Count extends number, List extends ExpectedSecret[] = []> = List['length'] extends Count
  ? List
  : Several<Count, [...List, ExpectedSecret]>;

/** So many secrets that no other test of this file changes. */
function someSecrets<Count extends number>(from: number, count: Count): Several<Count> {
  const some = secrets.slice(from, from + count);
  if (some.length < count) throw new Error('The demo has too few secrets.');
  return some as Several<Count>;
}

function holdVault(operation: string, { name }: ExpectedSecret, when: 'before' | 'after'): Promise<HeldCall> {
  return holdCall(world, { service: 'keyVault', operation, object: name }, when);
}

function holdRead({ secretId }: ExpectedSecret): Promise<HeldCall> {
  return holdCall(world, { service: 'secretServer', operation: 'read', object: String(secretId) }, 'before');
}

async function reachedAll(calls: readonly HeldCall[]): Promise<void> {
  await Promise.all(calls.map(async (call) => await call.reached()));
}

/** No shutdown code runs; the calls that were under way go on without their client. */
async function crash(held: readonly HeldCall[]): Promise<void> {
  await reachedAll(held);
  await world.killWorker();
  for (const call of held) await call.release();
}

describe('a worker that is killed with SIGKILL', () => {
  it('in the middle of a page and of a Force Sync leaves runs that go on and write each change exactly once', async () => {
    const before = await versionCounts(world);
    const [checked, sent, written, answered, forced] = someSecrets(0, 5);
    const changed = await changePasswords(world, [checked, sent, written, answered, forced]);
    const readHeld = await holdRead(forced);
    const targeted = await startTargeted(world, [forced.secretId]);
    await readHeld.reached();
    const held = [
      await holdVault('get', checked, 'before'),
      await holdVault('set', sent, 'before'),
      await holdVault('set', written, 'after'),
    ];
    const cycle = await startCycle(world);
    await until(async () => (await countVersions(world, answered.name)) > (before[answered.name] ?? 0));
    await crash([readHeld, ...held]);
    await world.startWorker();
    const reports = await Promise.all([reportOf(cycle), reportOf(targeted)]);
    for (const report of reports) expect(report).toMatchObject({ outcome: 'Completed', problems: [] });
    await expectOneVersionPerChange(world, before, changed);
  });

  it('in the middle of a plan whose run is then terminated leaves everything to the next cycle', async () => {
    const before = await versionCounts(world);
    const [first, second] = someSecrets(8, 2);
    const changed = await changePasswords(world, [first, second]);
    const held = await holdRead(second);
    const cycle = await startCycle(world);
    await crash([held]);
    await cycle.terminate('test');
    await world.startWorker();
    expect(await reportOf(await startCycle(world))).toMatchObject({ outcome: 'Completed', problems: [] });
    await expectOneVersionPerChange(world, before, changed);
  });

  it('in the middle of a page whose run is then terminated leaves no write unsettled', async () => {
    const before = await versionCounts(world);
    const [sent, written] = someSecrets(10, 2);
    const changed = await changePasswords(world, [sent, written]);
    const held = [await holdVault('set', sent, 'before'), await holdVault('set', written, 'after')];
    const cycle = await startCycle(world);
    await crash(held);
    await cycle.terminate('test');
    await world.startWorker();
    expect(await reportOf(await startCycle(world))).toMatchObject({ outcome: 'Completed', problems: [] });
    await expectOneVersionPerChange(world, before, changed);
  });
});

describe('a worker that hangs for longer than its leases and its heartbeat', () => {
  it('writes nothing beside its successor when it wakes up', async () => {
    const before = await versionCounts(world);
    const [checked, written] = someSecrets(5, 2);
    const changed = await changePasswords(world, [checked, written]);
    const held = [await holdVault('get', checked, 'before'), await holdVault('set', written, 'after')];
    const cycle = await startCycle(world);
    await reachedAll(held);
    const frozen = await world.freezeWorker();
    // Its polls would be handed tasks, each of which would cost a heartbeat timeout.
    temporalProxy.cutAll();
    temporalProxy.restore();
    for (const call of held) await call.release();
    await world.startWorker();
    expect(await reportOf(cycle)).toMatchObject({ outcome: 'Completed', problems: [] });
    await expectOneVersionPerChange(world, before, changed);
    await frozen.thawAndStop();
    await expectOneVersionPerChange(world, before, changed);
  });
});

describe('a ledger that is lost in the middle of a page', () => {
  it('for a while, with all its connections, is waited for by the cycle', async () => {
    const before = await versionCounts(world);
    const [held, other] = someSecrets(12, 2);
    const changed = await changePasswords(world, [held, other]);
    const call = await holdVault('set', held, 'before');
    const cycle = await startCycle(world);
    await call.reached();
    ledgerProxy.cutAll();
    await call.release();
    await until(async () => ((await attemptsOf(cycle))['applyPage'] ?? 0) > 1);
    ledgerProxy.restore();
    expect(await reportOf(cycle)).toMatchObject({ outcome: 'Completed', problems: [] });
    await expectOneVersionPerChange(world, before, changed);
  });

  it.each([
    { what: 'before the results of a batch are committed', forwarded: false },
    {
      what: 'while the results of a batch are committed, so that nobody hears whether they were',
      forwarded: true,
    },
  ])('$what does not make a second version', async ({ forwarded }) => {
    const before = await versionCounts(world);
    const changed = await changePasswords(world, someSecrets(forwarded ? 14 : 16, 2));
    const cut = ledgerProxy.cutOnce({ after: 'update intent', at: 'commit', forwarded });
    const cycle = await startCycle(world);
    await cut;
    expect(await reportOf(cycle)).toMatchObject({ outcome: 'Completed', problems: [] });
    await expectOneVersionPerChange(world, before, changed);
    const written = await auditEntries(world, 'externalSecret.written');
    for (const name of changed)
      expect(written.filter((entry) => entry.externalName === name)).toHaveLength(1);
  });
});
