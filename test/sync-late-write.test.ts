import { activate, runCycle } from './support/cycle-runs';
import { expectedSecrets } from './support/oracle';
import { startSyncWorld, until, type SyncWorld } from './support/sync-world';
import { heldSecret } from './support/vault-content';

jest.setTimeout(150_000);

let world: SyncWorld;

beforeAll(async () => {
  world = await startSyncWorld({
    demo: true,
    timings: { requestTimeoutSeconds: 2, pairLeaseSeconds: 5, settleSeconds: 3 },
  });
  await activate(world);
});

afterAll(async () => {
  await world?.stop();
});

describe('a PUT that lands after its settle window', () => {
  it('may add a version, but its value is pushed over again and opens no case', async () => {
    const { control } = world.emulators;
    const [secret] = await expectedSecrets(control);
    const { name, secretId } = secret ?? { name: '', secretId: 0 };
    const hold = await control.addFault({
      match: { service: 'keyVault', operation: 'set', object: name },
      effect: { kind: 'hold', when: 'before' },
    });

    await control.editSecretServer({ edit: 'setFields', secretId, fields: { password: 'held back' } });
    await runCycle(world);
    expect((await heldSecret(world.emulators, name)).versions).toHaveLength(2);
    await control.editSecretServer({ edit: 'setFields', secretId, fields: { password: 'newer' } });
    await runCycle(world);
    expect((await heldSecret(world.emulators, name)).value).toMatchObject({ password: 'newer' });

    await control.release(hold.id);
    await until(async () => (await heldSecret(world.emulators, name)).versions.length === 4);
    expect((await heldSecret(world.emulators, name)).value).toMatchObject({ password: 'held back' });

    const report = await runCycle(world);
    expect(report.problems).toEqual([]);
    expect((await heldSecret(world.emulators, name)).value).toMatchObject({ password: 'newer' });
    expect((await runCycle(world)).counts).toEqual({});
  });
});
