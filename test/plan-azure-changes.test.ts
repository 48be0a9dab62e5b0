import { sql } from 'kysely';
import { secretClient } from './support/azure-clients';
import { startCycleSteps, type CycleSteps } from './support/cycle-steps';
import {
  callsOf,
  decisionOf,
  idleCalls,
  nameOf,
  openCaseCodes,
  pairOf,
  patchInAzure,
  quiet,
  setInAzure,
  syncedSecrets,
} from './support/cycle-world';

jest.setTimeout(60_000);

let steps: CycleSteps;
let syncedSecret: () => number;

const edit: CycleSteps['emulators']['control']['editSecretServer'] = (change) =>
  steps.emulators.control.editSecretServer(change);

beforeAll(async () => {
  steps = await startCycleSteps();
  syncedSecret = await syncedSecrets(steps, 10);
});
afterAll(async () => await steps.stop());

describe('a change in Azure', () => {
  test('of the value is reported and never overwritten', async () => {
    const secretId = syncedSecret();
    await setInAzure(steps, nameOf(secretId), '{"url":"https://other.example.com"}');
    await edit({ edit: 'setFields', secretId, fields: { password: 'second' } });
    const { cycleId } = await steps.completed();
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({ state: 'reported', row: 14 });
    const { value } = await secretClient(steps.emulators).getSecret(nameOf(secretId));
    expect(value).toBe('{"url":"https://other.example.com"}');
    await edit({ edit: 'deactivate', secretId });
  });

  test('of its own tags is learnt once and costs nothing afterwards', async () => {
    const secretId = syncedSecret();
    await quiet(steps);
    await patchInAzure(steps, nameOf(secretId), { tags: (tags) => ({ ...tags, 'cost-center': 'eng' }) });
    expect(await steps.planned()).toMatchObject({ planned: 0, counts: { 'none.done': 1 } });
    await quiet(steps);
    expect(await callsOf(steps, () => steps.planned())).toEqual(idleCalls);
    expect((await pairOf(steps, secretId)).base?.tags).toMatchObject({ 'cost-center': 'eng' });
  });

  test('of our tags is repaired, and opens a case when it comes back after three repairs', async () => {
    const secretId = syncedSecret();
    const steal = () =>
      patchInAzure(steps, nameOf(secretId), {
        tags: (tags) => ({ ...tags, 'ss-managed': 'false', 'ss-secret-id': '1' }),
      });
    for (let repair = 1; repair <= 3; repair += 1) {
      await steal();
      const { cycleId } = await steps.completed();
      expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({
        decision: 'repairTags',
        state: 'done',
      });
    }
    await steal();
    const { cycleId } = await steps.completed();
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({
      state: 'held',
      code: 'TagsKeepChanging',
    });
    expect(await openCaseCodes(steps, secretId)).toEqual(['TagsKeepChanging']);
    await edit({ edit: 'deactivate', secretId });
  });

  test('that disables the secret holds it with a case until it is enabled again', async () => {
    const secretId = syncedSecret();
    await patchInAzure(steps, nameOf(secretId), { enabled: false });
    for (let cycle = 0; cycle < 2; cycle += 1) {
      const { cycleId } = await steps.planned();
      expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({
        state: 'held',
        code: 'DisabledInKeyVault',
      });
    }
    expect(await openCaseCodes(steps, secretId)).toEqual(['DisabledInKeyVault']);
    await patchInAzure(steps, nameOf(secretId), { enabled: true });
    const { cycleId } = await steps.planned();
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({ decision: 'none', state: 'done' });
    await quiet(steps);
  });

  test('that deletes the secret is reported', async () => {
    const secretId = syncedSecret();
    const poller = await secretClient(steps.emulators).beginDeleteSecret(nameOf(secretId));
    await poller.pollUntilDone();
    const { cycleId } = await steps.planned();
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({ state: 'reported', row: 9 });
    await edit({ edit: 'deactivate', secretId });
  });
});

describe('a pair that the ledger lost', () => {
  const loseBase = async (secretId: number) => {
    await sql`update pair set base_version = null where connector = ${steps.connector} and secret_id = ${secretId}`.execute(
      steps.ledger,
    );
  };

  test('gets its base back from our own mark when both sides agree, without a write', async () => {
    const secretId = syncedSecret();
    const before = await pairOf(steps, secretId);
    await quiet(steps);
    await loseBase(secretId);
    const calls = await callsOf(steps, async () => {
      const { cycleId, planned } = await steps.planned();
      expect(planned).toBe(0);
      expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({
        decision: 'rebase',
        state: 'done',
        row: 5,
      });
    });
    expect(calls).toMatchObject({ 'keyVault.get': 1, 'secretServer.read': 1 });
    expect(calls).not.toHaveProperty('keyVault.set');
    const { base, syncVersion } = await pairOf(steps, secretId);
    expect(base).toMatchObject({ keyVaultVersion: before.base?.keyVaultVersion, tags: before.base?.tags });
    expect(syncVersion).toBe(before.syncVersion);
    expect(await callsOf(steps, () => steps.planned())).toEqual(idleCalls);
  });

  test('is only reported when the sides differ', async () => {
    const secretId = syncedSecret();
    await loseBase(secretId);
    await edit({ edit: 'setFields', secretId, fields: { password: 'second' } });
    const { cycleId } = await steps.completed();
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({ state: 'reported', row: 7 });
    await edit({ edit: 'setFields', secretId, fields: { password: 'first' } });
    await steps.completed();
  });

  test('of another installation key is never taken for changed', async () => {
    const secretId = syncedSecret();
    const other = `former.1.${'A'.repeat(43)}`;
    await sql`
      update pair set base_fingerprints = (select jsonb_object_agg(key, ${other}::text) from jsonb_each(base_fingerprints))
      where connector = ${steps.connector} and secret_id = ${secretId}`.execute(steps.ledger);
    await edit({ edit: 'setFields', secretId, fields: { notes: 'a hint' } });
    const { cycleId, planned } = await steps.planned();
    expect(planned).toBe(0);
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({ decision: 'none', state: 'done' });
    const renewed = Object.values((await pairOf(steps, secretId)).base?.fingerprints ?? {});
    expect(renewed.filter((text) => text.startsWith('former'))).toEqual([]);
    expect(renewed).toHaveLength(3);
  });
});

describe('an unsettled pair', () => {
  test('is settled by one look at its versions, without reading a value', async () => {
    const secretId = syncedSecret();
    await quiet(steps);
    await sql`update pair set base_settled = false where connector = ${steps.connector} and secret_id = ${secretId}`.execute(
      steps.ledger,
    );
    expect(await callsOf(steps, () => steps.planned())).toEqual({ ...idleCalls, 'keyVault.listVersions': 1 });
    expect((await pairOf(steps, secretId)).base?.settled).toBe(true);
    expect(await callsOf(steps, () => steps.planned())).toEqual(idleCalls);
  });
});
