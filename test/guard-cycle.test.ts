import { secretClient } from './support/azure-clients';
import { startCycleSteps, type CycleSteps } from './support/cycle-steps';
import { callsOf, decisionOf, nameOf, newSecret, openCaseCodes, setInAzure } from './support/cycle-world';
import { sql } from 'kysely';

jest.setTimeout(60_000);

let steps: CycleSteps;

beforeAll(async () => {
  steps = await startCycleSteps();
  await steps.completed();
});
afterAll(async () => await steps.stop());

async function deleteInAzure(name: string): Promise<void> {
  const poller = await secretClient(steps.emulators).beginDeleteSecret(name);
  await poller.pollUntilDone();
}

async function guarded() {
  const cycleId = await steps.newCycle('full');
  await steps.plan(cycleId, await steps.scan(cycleId));
  const calls = await callsOf(steps, async () => await steps.guard(cycleId));
  return { cycleId, calls };
}

describe('the guard', () => {
  test('makes no call when the plan creates nothing', async () => {
    expect((await guarded()).calls).toEqual({});
  });

  test('holds a create whose name belongs to a deleted secret of somebody else, and lets the others go on', async () => {
    const taken = await newSecret(steps);
    const free = await newSecret(steps);
    await setInAzure(steps, nameOf(taken).toUpperCase(), 'theirs');
    await deleteInAzure(nameOf(taken).toUpperCase());
    const { cycleId, calls } = await guarded();
    expect(calls).toEqual({ 'keyVault.getDeleted': 2 });
    expect(await decisionOf(steps, cycleId, taken)).toMatchObject({
      decision: 'hold',
      state: 'held',
      code: 'NameHeldBySoftDeleted',
    });
    expect(await decisionOf(steps, cycleId, free)).toMatchObject({ decision: 'create', state: 'planned' });
    expect(await openCaseCodes(steps, taken)).toEqual(['NameHeldBySoftDeleted']);
    await steps.apply(cycleId, 1);
    expect(await decisionOf(steps, cycleId, free)).toMatchObject({ state: 'done' });
    await expect(secretClient(steps.emulators).getSecret(nameOf(taken))).rejects.toMatchObject({
      statusCode: 404,
    });
    await steps.emulators.control.editSecretServer({ edit: 'deactivate', secretId: taken });
  });

  test('only reports a deleted secret that carries our mark', async () => {
    const secretId = await newSecret(steps);
    await steps.completed();
    await deleteInAzure(nameOf(secretId));
    await sql`update pair set base_version = null where secret_id = ${secretId}`.execute(steps.ledger);
    const { cycleId } = await guarded();
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({
      state: 'reported',
      code: 'RowNotYetSupported',
      detail: 'The external secret was deleted in Azure.',
    });
    await steps.emulators.control.editSecretServer({ edit: 'deactivate', secretId });
  });

  test('lists the deleted secrets in pages when many names are new', async () => {
    const { control } = steps.emulators;
    const { folderId } = await control.editSecretServer<{ folderId: number }>({
      edit: 'createFolder',
      path: '\\Production\\Many',
    });
    const taken = await newSecret(steps);
    await setInAzure(steps, nameOf(taken), 'theirs');
    await deleteInAzure(nameOf(taken));
    await control.editSecretServer({ edit: 'createSecrets', folderId, template: 'Web Password', count: 30 });
    const { cycleId, calls } = await guarded();
    expect(Object.keys(calls)).toEqual(['keyVault.listDeleted']);
    expect(await decisionOf(steps, cycleId, taken)).toMatchObject({
      state: 'held',
      code: 'NameHeldBySoftDeleted',
    });
  });
});
