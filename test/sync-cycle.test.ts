import type { ActivationResult } from '../domain/connection-tests';
import { activate, runCycle } from './support/cycle-runs';
import { expectedSecrets } from './support/oracle';
import { startSyncWorld, type SyncWorld } from './support/sync-world';
import { heldSecret, vaultContent } from './support/vault-content';

jest.setTimeout(120_000);

let world: SyncWorld;
let activation: ActivationResult;

beforeAll(async () => {
  world = await startSyncWorld({ demo: true });
  activation = await activate(world);
});

afterAll(async () => {
  await world?.stop();
});

describe('activating a connector', () => {
  it('passes the three-part test and becomes active', () => {
    expect(activation).toMatchObject({
      outcome: 'Active',
      checks: [
        { name: 'token', passed: true },
        { name: 'read', passed: true },
        { name: 'tagWrite', passed: true },
      ],
    });
  });

  it('pushes every governed secret with exactly the mapped fields, and nothing else', async () => {
    const expected = await expectedSecrets(world.emulators.control);
    const held = await vaultContent(world.emulators);
    expect(expected.length).toBeGreaterThan(30);
    expect([...held.keys()].sort()).toEqual(expected.map(({ name }) => name).sort());
    for (const { name, value } of expected)
      expect({ name, value: held.get(name)?.value }).toEqual({ name, value });
  });

  it('writes one version of each, with its seven tags and the ownership mark', async () => {
    const [expected] = await expectedSecrets(world.emulators.control);
    const held = await heldSecret(world.emulators, expected?.name ?? '');
    expect(held.versions).toHaveLength(1);
    expect(held.contentType).toBe('application/json');
    expect(held.tags).toMatchObject({
      'ss-managed': 'true',
      'ss-secret-id': String(expected?.secretId),
      'ss-folder-path': expected?.folderPath,
      'ss-sync-version': '1',
      'ss-connector-id': world.connector,
      'ss-template': expect.stringMatching(/^[a-z-]+$/) as string,
      'ss-last-synced': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      'ss-operation-id': expect.stringMatching(/^v1\./) as string,
    });
  });
});

describe('a cycle in which nothing moved', () => {
  it('lists, reads no value and writes nothing', async () => {
    const before = await vaultContent(world.emulators);
    await world.emulators.control.resetStats();
    const report = await runCycle(world);
    expect(await world.emulators.control.count('keyVault', 'get')).toBe(0);
    expect(await world.emulators.control.count('keyVault', 'set')).toBe(0);
    expect(report.outcome).toBe('Completed');
    expect(await vaultContent(world.emulators)).toEqual(before);
  });
});
