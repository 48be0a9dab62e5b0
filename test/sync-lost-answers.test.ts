import { secretClient } from './support/azure-clients';
import { activate } from './support/cycle-runs';
import type { FaultInput } from './support/emulators';
import type { ExpectedSecret } from './support/oracle';
import { holdCall, reportOf, retriedFor, startCycle } from './support/running-cycles';
import {
  auditEntries,
  changePasswords,
  expectOneVersionPerChange,
  expectVersionsAdded,
  secretsWithPassword,
  versionCounts,
  type VersionCounts,
} from './support/synced-state';
import { startSyncWorld, until, type SyncWorld } from './support/sync-world';
import { heldSecret } from './support/vault-content';

jest.setTimeout(240_000);

const requestTimeoutSeconds = 4;
/** Later than the request's timeout and earlier than the end of the pair's lease, before which nobody concludes anything. */
const landsLateMs = 6_000;

let world: SyncWorld;
let secrets: readonly ExpectedSecret[];

beforeAll(async () => {
  world = await startSyncWorld({
    demo: true,
    timings: { requestTimeoutSeconds, pairLeaseSeconds: 10, settleSeconds: 10 },
  });
  await activate(world);
  secrets = await secretsWithPassword(world);
});

afterEach(async () => {
  await world.emulators.control.removeFaults();
});

afterAll(async () => {
  await world?.stop();
});

/** A secret that no other test of this file changes. */
function takeSecret(): ExpectedSecret {
  const [first, ...others] = secrets;
  if (first === undefined) throw new Error('The demo has too few secrets.');
  secrets = others;
  return first;
}

async function addFault(
  match: Omit<FaultInput['match'], 'service'>,
  effect: FaultInput['effect'],
): Promise<void> {
  await world.emulators.control.addFault({
    match: { service: 'keyVault', withToken: true, ...match },
    effect,
  });
}

const lostAnswers: readonly { readonly what: string; readonly effect: FaultInput['effect'] }[] = [
  { what: 'was cut before its effect', effect: { kind: 'cut', when: 'before' } },
  { what: 'was cut after its effect', effect: { kind: 'cut', when: 'after' } },
  { what: 'was answered 500 without an effect', effect: { kind: 'answer', when: 'before', status: 500 } },
  { what: 'was answered 500 after its effect', effect: { kind: 'answer', when: 'after', status: 500 } },
  { what: 'was answered 503 after its effect', effect: { kind: 'answer', when: 'after', status: 503 } },
  {
    what: 'was answered 200 by a proxy’s page without an effect',
    effect: { kind: 'garbage', when: 'before' },
  },
  { what: 'was answered 200 by a proxy’s page after its effect', effect: { kind: 'garbage', when: 'after' } },
  {
    what: 'took effect only after it timed out',
    effect: { kind: 'delay', when: 'before', delayMs: landsLateMs },
  },
  {
    what: 'took effect and was answered too late',
    effect: { kind: 'delay', when: 'after', delayMs: landsLateMs },
  },
];

describe('one cycle in which answers to PUTs are lost', () => {
  const hit = new Map<string, ExpectedSecret>();
  let before: VersionCounts;
  let changed: readonly string[];
  let problems: number;

  beforeAll(async () => {
    before = await versionCounts(world);
    for (const { what, effect } of lostAnswers) {
      const secret = takeSecret();
      hit.set(what, secret);
      await addFault({ operation: 'set', object: secret.name }, effect);
    }
    changed = await changePasswords(world, [...hit.values(), takeSecret()]);
    problems = (await reportOf(await startCycle(world))).problemsInAll;
  });

  it.each(lostAnswers)('makes exactly one version where the PUT $what', async ({ what }) => {
    const name = hit.get(what)?.name ?? '';
    expect((await heldSecret(world.emulators, name)).versions).toHaveLength((before[name] ?? 0) + 1);
  });

  it('ends with every value in the vault, every base on the current version, and no problem', async () => {
    await expectOneVersionPerChange(world, before, changed);
    expect(problems).toBe(0);
  });

  it('is followed by a cycle that writes nothing', async () => {
    await world.emulators.control.resetStats();
    await reportOf(await startCycle(world));
    expect(await world.emulators.control.count('keyVault', 'set')).toBe(0);
  });
});

describe('a vault that asks to slow down', () => {
  const throttled = (headers: Record<string, string> = {}): FaultInput['effect'] => ({
    kind: 'answer',
    status: 429,
    headers,
  });
  const retryAfter = { 'retry-after': '1' };

  it.each([
    { what: 'a PUT with Retry-After', operation: 'set', headers: retryAfter },
    { what: 'a PUT without Retry-After', operation: 'set', headers: {} },
    { what: 'the GET before a PUT, with Retry-After', operation: 'get', headers: retryAfter },
    { what: 'the GET before a PUT, without Retry-After', operation: 'get', headers: {} },
  ])(
    'by 429 to $what is asked again by Temporal’s retry, and nothing is lost',
    async ({ operation, headers }) => {
      const before = await versionCounts(world);
      const secret = takeSecret();
      const changed = await changePasswords(world, [secret, takeSecret()]);
      await addFault({ operation, object: secret.name }, throttled(headers));
      const cycle = await startCycle(world);
      expect(await reportOf(cycle)).toMatchObject({ outcome: 'Completed', problems: [] });
      expect(await retriedFor(cycle)).toEqual(['KeyVaultThrottled']);
      await expectOneVersionPerChange(world, before, changed);
    },
  );

  it.each([
    { what: 'with Retry-After', headers: retryAfter },
    { what: 'without Retry-After', headers: {} },
  ])(
    'by 429 to the LIST $what is asked again by Temporal’s retry, and nothing is lost',
    async ({ headers }) => {
      const before = await versionCounts(world);
      const changed = await changePasswords(world, [takeSecret()]);
      await addFault({ operation: 'list' }, throttled(headers));
      const cycle = await startCycle(world);
      expect(await reportOf(cycle)).toMatchObject({ outcome: 'Completed', problems: [] });
      expect(await retriedFor(cycle)).toEqual(['KeyVaultThrottled']);
      await expectOneVersionPerChange(world, before, changed);
    },
  );
});

describe('a PUT that lands after its settle window', () => {
  it('adds a version, and its old value is pushed over by the next cycle', async () => {
    const before = await versionCounts(world);
    const secret = takeSecret();
    const [name = ''] = await changePasswords(world, [secret]);
    const late = await holdCall(world, { service: 'keyVault', operation: 'set', object: name }, 'before');
    await reportOf(await startCycle(world));
    await expectVersionsAdded(world, before, { [name]: 1 });
    await changePasswords(world, [secret]);
    await reportOf(await startCycle(world));
    await expectVersionsAdded(world, before, { [name]: 2 });

    await late.release();
    await until(
      async () => (await heldSecret(world.emulators, name)).versions.length > (before[name] ?? 0) + 2,
    );
    expect(await reportOf(await startCycle(world))).toMatchObject({ problems: [] });
    await expectVersionsAdded(world, before, { [name]: 4 });
    await reportOf(await startCycle(world));
    await expectVersionsAdded(world, before, { [name]: 4 });
  });
});

describe('somebody in Azure who writes at the same time', () => {
  it('between the check and the PUT has lost a race that the audit names', async () => {
    const before = await versionCounts(world);
    const [name = ''] = await changePasswords(world, [takeSecret()]);
    const put = await holdCall(world, { service: 'keyVault', operation: 'set', object: name }, 'before');
    const cycle = await startCycle(world);
    await put.reached();
    const foreign = await setForeign(name, 'foreign-1');
    await put.release();
    await reportOf(cycle);
    await expectVersionsAdded(world, before, { [name]: 2 });
    const races = await auditEntries(world, 'externalSecret.lostRace');
    expect(races).toMatchObject([{ externalName: name, details: { version: foreign } }]);
    await reportOf(await startCycle(world));
    await expectVersionsAdded(world, before, { [name]: 2 });
  });

  it('right after the PUT is not overwritten, and did not lose a race', async () => {
    const [name = ''] = await changePasswords(world, [takeSecret()]);
    const put = await holdCall(world, { service: 'keyVault', operation: 'set', object: name }, 'after');
    const cycle = await startCycle(world);
    await put.reached();
    await untilNextSecond();
    const foreign = await setForeign(name, 'foreign-2');
    await put.release();
    await reportOf(cycle);
    const races = await auditEntries(world, 'externalSecret.lostRace');
    expect(races.filter(({ details }) => details['version'] === foreign)).toEqual([]);
    const next = await reportOf(await startCycle(world));
    expect(next.problems).toMatchObject([{ externalName: name, code: 'RowNotYetSupported' }]);
    expect((await secretClient(world.emulators).getSecret(name)).properties.version).toBe(foreign);
  });

  async function setForeign(name: string, value: string): Promise<string> {
    const { properties } = await secretClient(world.emulators).setSecret(name, JSON.stringify({ value }));
    return properties.version ?? '';
  }

  /** Key Vault's stamps have a grain of one second. */
  async function untilNextSecond(): Promise<void> {
    const second = Math.floor(Date.now() / 1_000);
    await until(() => Promise.resolve(Math.floor(Date.now() / 1_000) > second));
  }
});
