import { sql } from 'kysely';
import type { TemplateMap } from '../domain/template-maps';
import { getConnector } from '../ledger/connectors';
import { startCycleSteps, type CycleSteps } from './support/cycle-steps';
import {
  callsOf,
  decisionOf,
  nameOf,
  newSecret,
  patchInAzure,
  openCaseCodes,
  syncedSecrets,
} from './support/cycle-world';

jest.setTimeout(60_000);

let steps: CycleSteps;
let syncedSecret: () => number;

const edit: CycleSteps['emulators']['control']['editSecretServer'] = (change) =>
  steps.emulators.control.editSecretServer(change);

beforeAll(async () => {
  steps = await startCycleSteps();
  syncedSecret = await syncedSecrets(steps, 14);
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

  test('and ten more of its kind in a row do not stop the rest', async () => {
    const { folderId } = await edit<{ folderId: number }>({
      edit: 'createFolder',
      path: '\\Production\\Broken',
    });
    const { secretIds } = await edit<{ secretIds: readonly number[] }>({
      edit: 'createSecrets',
      folderId,
      template: 'Web Password',
      count: 22,
    });
    await steps.completed();
    const broken = secretIds.slice(0, -1);
    await steps.configure({ deltaSync: false });
    for (const secretId of broken) {
      const match = { service: 'secretServer' as const, operation: 'read', object: String(secretId) };
      const effect = { kind: 'answer' as const, status: 500 };
      await steps.emulators.control.addFault({ match, count: 'unlimited', effect });
    }
    const good = secretIds.at(-1) ?? 0;
    await edit({ edit: 'setFields', secretId: good, fields: { password: 'second' } });

    const { cycleId } = await steps.completed();

    for (const secretId of broken) {
      const failed = { state: 'failed', code: 'SecretServerUnavailable' };
      expect(await decisionOf(steps, cycleId, secretId)).toMatchObject(failed);
    }
    expect(await decisionOf(steps, cycleId, good)).toMatchObject({ decision: 'push', state: 'done' });
    await steps.configure({ deltaSync: true });
    for (const secretId of secretIds) await edit({ edit: 'deactivate', secretId });
  });

  test('is told from a whole side that fails', async () => {
    const { folderId } = await edit<{ folderId: number }>({
      edit: 'createFolder',
      path: '\\Production\\Many',
    });
    await edit({ edit: 'createSecrets', folderId, template: 'Web Password', count: 12 });
    await steps.completed();
    await steps.configure({ deltaSync: false });
    for (const operation of ['read', 'version']) {
      const match = { service: 'secretServer' as const, operation };
      const effect = { kind: 'answer' as const, status: 500 };
      await steps.emulators.control.addFault({ match, count: 'unlimited', effect });
    }
    await expect(steps.planned()).rejects.toMatchObject({ code: 'SecretServerUnavailable' });
    await steps.configure({ deltaSync: true });
  });
});

describe('a secret that cannot be read now', () => {
  test.each([
    ['DoubleLocked', { doubleLocked: true }],
    ['ApprovalRequired', { requiresApproval: true }],
    ['CheckedOut', { checkOutEnabled: true }],
  ] as const)('is parked as %s and pushed once it can be read', async (code, security) => {
    const secretId = syncedSecret();
    await edit({ edit: 'setFields', secretId, fields: { password: 'second' } });
    await edit({ edit: 'setSecurity', secretId, ...security });
    const { cycleId } = await steps.planned();
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({ state: 'parked', row: 15, code });
    const freed = Object.fromEntries(Object.keys(security).map((key) => [key, false]));
    await edit({ edit: 'setSecurity', secretId, ...freed });
    const next = await steps.completed();
    expect(await decisionOf(steps, next.cycleId, secretId)).toMatchObject({
      decision: 'push',
      state: 'done',
    });
  });

  test('is read with a comment where Secret Server wants one', async () => {
    const secretId = syncedSecret();
    await edit({ edit: 'setFields', secretId, fields: { password: 'second' } });
    await edit({ edit: 'setSecurity', secretId, requiresComment: true });
    const { cycleId } = await steps.completed();
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({ decision: 'push', state: 'done' });
  });
});

describe('a template that is another one now', () => {
  test('is followed by the pairs of its secrets', async () => {
    const secretId = syncedSecret();
    await sql`update pair set ss_template = 'Its name before' where secret_id = ${secretId}`.execute(
      steps.ledger,
    );
    await edit({ edit: 'setFields', secretId, fields: { password: 'third' } });
    const { cycleId } = await steps.completed();
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({ decision: 'push', state: 'done' });
  });
});

describe('a map that cannot serve', () => {
  const changeWebMap = async (change: Partial<TemplateMap>) => {
    const connector = await getConnector(steps.ledger, steps.connector);
    const templateMaps = (connector?.settings.templateMaps ?? []).map((map) =>
      map.ssTemplate === 'Web Password' ? { ...map, ...change } : map,
    );
    await steps.configure({ templateMaps });
    return async () => await steps.configure({ templateMaps: connector?.settings.templateMaps ?? [] });
  };

  test('because of its prefix makes a named failure and no pair', async () => {
    const restore = await changeWebMap({ externalSecretPrefix: 'not_allowed' });
    const secretId = await newSecret(steps);
    const { cycleId } = await steps.planned();
    await restore();
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({
      state: 'failed',
      code: 'NameInvalid',
      detail: `For not_allowed-${secretId}: a name may hold only letters, digits and hyphens.`,
    });
    await edit({ edit: 'deactivate', secretId });
  });

  test('because of its direction makes a named failure for old and new secrets', async () => {
    await steps.configure({ syncMode: 'PushOnly' });
    const restore = await changeWebMap({ syncDirection: 'PullOnly' });
    const [old, made] = [syncedSecret(), await newSecret(steps)];
    await edit({ edit: 'setFields', secretId: old, fields: { password: 'second' } });
    const { cycleId } = await steps.planned();
    for (const secretId of [old, made]) {
      const expected = { state: 'failed', code: 'SyncDirectionsContradict' };
      expect(await decisionOf(steps, cycleId, secretId)).toMatchObject(expected);
    }
    await restore();
    await steps.configure({ syncMode: 'Bidirectional' });
  });

  test('because it was removed is reported for secrets that have a pair', async () => {
    const restore = await changeWebMap({ ssTemplate: 'Renamed' });
    const secretId = syncedSecret();
    await edit({ edit: 'setFields', secretId, fields: { password: 'second' } });
    const { cycleId } = await steps.planned();
    await restore();
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({
      state: 'reported',
      code: 'TemplateWithoutMap',
    });
  });

  test('because it allows only pulls is reported and writes nothing', async () => {
    const restore = await changeWebMap({ syncDirection: 'PullOnly' });
    const [edited, made] = [syncedSecret(), await newSecret(steps)];
    await edit({ edit: 'setFields', secretId: edited, fields: { password: 'second' } });
    const calls = await callsOf(steps, async () => {
      const { cycleId } = await steps.completed();
      expect(await decisionOf(steps, cycleId, edited)).toMatchObject({ state: 'reported', row: 3 });
      expect(await decisionOf(steps, cycleId, made)).toMatchObject({ state: 'reported', row: 1 });
    });
    await restore();
    expect(calls).not.toHaveProperty('keyVault.set');
    expect(calls).not.toHaveProperty('keyVault.update');
  });
});

describe('an external secret without room for our tags', () => {
  test('is reported by name', async () => {
    const secretId = syncedSecret();
    const foreign = Object.fromEntries(Array.from({ length: 13 }, (_, at) => [`tag${at}`, 'x']));
    await patchInAzure(steps, nameOf(secretId), { tags: () => foreign });
    const { cycleId } = await steps.planned();
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({
      state: 'failed',
      code: 'TooManyTags',
      detail: 'The tags set in Azure take 13 places.',
    });
    await edit({ edit: 'deactivate', secretId });
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
