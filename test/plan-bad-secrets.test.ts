import { sql } from 'kysely';
import { startCycleSteps, type CycleSteps } from './support/cycle-steps';
import { decisionOf, nameOf, newSecret, openCaseCodes, syncedSecrets } from './support/cycle-world';

jest.setTimeout(60_000);

let steps: CycleSteps;
let syncedSecret: () => number;

const edit: CycleSteps['emulators']['control']['editSecretServer'] = (change) =>
  steps.emulators.control.editSecretServer(change);

beforeAll(async () => {
  steps = await startCycleSteps();
  syncedSecret = await syncedSecrets(steps, 4);
});
afterAll(async () => await steps.stop());
afterEach(async () => await steps.emulators.control.removeFaults());

describe('one bad secret', () => {
  test('is reported with its reason, and the rest goes on', async () => {
    await edit({ edit: 'addTemplate', name: 'Vending Machine', fields: [{ name: 'Code' }] });
    const { folderId } = await edit<{ folderId: number }>({
      edit: 'createFolder',
      path: '\\Production\\Web',
    });
    const template = await edit<{ secretId: number }>({
      edit: 'createSecret',
      folderId,
      template: 'Vending Machine',
      name: 'without a map',
      fields: { code: '1' },
    });
    const checkedOut = syncedSecret();
    await edit({ edit: 'setSecurity', secretId: checkedOut, checkOutEnabled: true });
    await edit({ edit: 'checkOut', secretId: checkedOut });
    const tooLarge = syncedSecret();
    await edit({ edit: 'setFields', secretId: tooLarge, fields: { password: 'x'.repeat(25_001) } });
    const broken = syncedSecret();
    await edit({ edit: 'setFields', secretId: broken, fields: { password: 'second' } });
    const object = String(broken);
    const match = { service: 'secretServer' as const, operation: 'read', object };
    await steps.emulators.control.addFault({
      match,
      count: 'unlimited',
      effect: { kind: 'answer', status: 500 },
    });
    const good = await newSecret(steps);
    await edit({ edit: 'setFields', secretId: checkedOut, fields: { password: 'second' } });

    const { cycleId } = await steps.completed();
    expect(await decisionOf(steps, cycleId, template.secretId)).toMatchObject({
      state: 'reported',
      code: 'TemplateWithoutMap',
      detail: 'The template is "Vending Machine".',
    });
    expect(await decisionOf(steps, cycleId, checkedOut)).toMatchObject({
      state: 'parked',
      row: 15,
      code: 'CheckedOut',
    });
    expect(await decisionOf(steps, cycleId, tooLarge)).toMatchObject({
      state: 'failed',
      code: 'ValueTooLarge',
    });
    expect(await decisionOf(steps, cycleId, broken)).toMatchObject({
      state: 'failed',
      code: 'SecretServerUnavailable',
    });
    expect(await decisionOf(steps, cycleId, good)).toMatchObject({ decision: 'create', state: 'done' });

    await steps.emulators.control.removeFaults();
    await edit({ edit: 'checkIn', secretId: checkedOut });
    await edit({ edit: 'setSecurity', secretId: checkedOut, checkOutEnabled: false });
    const next = await steps.completed();
    expect(await decisionOf(steps, next.cycleId, broken)).toMatchObject({ decision: 'push', state: 'done' });
    expect(await decisionOf(steps, next.cycleId, checkedOut)).toMatchObject({
      decision: 'push',
      state: 'done',
    });
    await edit({ edit: 'deactivate', secretId: tooLarge });
    await edit({ edit: 'deactivate', secretId: template.secretId });
  });

  test('is told from a whole side that fails', async () => {
    const { folderId } = await edit<{ folderId: number }>({
      edit: 'createFolder',
      path: '\\Production\\Many',
    });
    await edit({ edit: 'createSecrets', folderId, template: 'Web Password', count: 12 });
    await steps.completed();
    await steps.configure({ deltaSync: false });
    const match = { service: 'secretServer' as const, operation: 'read' };
    await steps.emulators.control.addFault({
      match,
      count: 'unlimited',
      effect: { kind: 'answer', status: 500 },
    });
    await expect(steps.planned()).rejects.toMatchObject({ code: 'SecretServerUnavailable' });
    await steps.configure({ deltaSync: true });
  });
});

describe('two secrets of one name', () => {
  test('make one pair; the other is held with a case that names the first', async () => {
    const first = await newSecret(steps);
    await steps.completed();
    const second = await newSecret(steps);
    await sql`update pair set external_name = ${nameOf(second)}, folded_name = ${nameOf(second)}
      where connector = ${steps.connector} and secret_id = ${first}`.execute(steps.ledger);
    const { cycleId } = await steps.planned();
    expect(await decisionOf(steps, cycleId, second)).toMatchObject({
      state: 'held',
      code: 'NameCollision',
      detail: `The name belongs to secret ${first} of connector ${steps.connector}.`,
    });
    expect(await openCaseCodes(steps, second)).toEqual(['NameCollision']);
    await edit({ edit: 'deactivate', secretId: first });
    await edit({ edit: 'deactivate', secretId: second });
  });
});
