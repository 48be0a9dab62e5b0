import { secretClient } from './support/azure-clients';
import { activate, runCycle } from './support/cycle-runs';
import type { CycleReport } from '../domain/cycles';
import { startSyncWorld, type SyncWorld } from './support/sync-world';
import { vaultContent } from './support/vault-content';

jest.setTimeout(150_000);

let world: SyncWorld;
let report: CycleReport;
const made: Record<string, number> = {};

const good = { url: 'https://good.example.com', username: 'u', password: 'p' };

async function create(
  name: string,
  template: string,
  fields: Readonly<Record<string, string>>,
): Promise<number> {
  const { secretId } = await world.emulators.control.editSecretServer<{ secretId: number }>({
    edit: 'createSecret',
    folderId: world.emulators.ready.secretServer.folderId ?? 0,
    template,
    name,
    fields,
  });
  made[name] = secretId;
  return secretId;
}

/** A secret of every kind that cannot be pushed, each beside good ones. */
async function makeBadSecrets(): Promise<void> {
  const { control, ready } = world.emulators;
  await create('good before', 'Web Password', good);
  await create('too large', 'Web Password', { ...good, password: 'x'.repeat(25_000) });
  await create('without map', 'Windows Account', { machine: 'm', username: 'u', password: 'p' });
  await control.editSecretServer({ edit: 'checkOut', secretId: await checkedOut(), user: 'someone-else' });
  const approval = await create('needs approval', 'Web Password', good);
  await control.editSecretServer({ edit: 'setSecurity', secretId: approval, requiresApproval: true });
  const doubleLocked = await create('double locked', 'Web Password', good);
  await control.editSecretServer({ edit: 'setSecurity', secretId: doubleLocked, doubleLocked: true });
  const commented = await create('needs a comment', 'Web Password', good);
  await control.editSecretServer({ edit: 'setSecurity', secretId: commented, requiresComment: true });
  const taken = await create('name taken', 'Web Password', good);
  await secretClient(world.emulators).setSecret(`ss-prod-${taken}`, 'of somebody else');
  const deleted = await create('name soft-deleted', 'Web Password', good);
  await secretClient(world.emulators).setSecret(`ss-prod-${deleted}`, 'of somebody else');
  await (await secretClient(world.emulators).beginDeleteSecret(`ss-prod-${deleted}`)).pollUntilDone();
  await create('good after', 'Web Password', good);
  await forbidden(ready.secretServer.username);
}

async function checkedOut(): Promise<number> {
  await world.emulators.control.editSecretServer({ edit: 'addAccount', user: 'someone-else' });
  const secretId = await create('checked out', 'Web Password', good);
  await world.emulators.control.editSecretServer({ edit: 'setSecurity', secretId, checkOutEnabled: true });
  return secretId;
}

/** The summary shows it, the read is refused. */
async function forbidden(_user: string): Promise<void> {
  const secretId = await create('not permitted', 'Web Password', good);
  await world.emulators.control.addFault({
    match: { service: 'secretServer', operation: 'read', object: String(secretId) },
    effect: {
      kind: 'answer',
      when: 'before',
      status: 400,
      body: { errorCode: 'API_AccessDenied', message: 'Access Denied' },
    },
    count: 'unlimited',
  });
}

beforeAll(async () => {
  world = await startSyncWorld({ demo: true });
  await makeBadSecrets();
  const { initialSync } = await activate(world);
  if (initialSync === undefined || !('cycleId' in initialSync)) throw new Error('There was no initial sync.');
  report = initialSync;
});

afterAll(async () => {
  await world?.stop();
});

describe('one bad secret never stops the others', () => {
  it.each([
    ['too large', 'failed', 'ValueTooLarge'],
    ['without map', 'reported', 'TemplateWithoutMap'],
    ['checked out', 'parked', 'CheckedOut'],
    ['needs approval', 'parked', 'ApprovalRequired'],
    ['double locked', 'parked', 'DoubleLocked'],
    ['name taken', 'held', 'NameTaken'],
    ['name soft-deleted', 'held', 'NameHeldBySoftDeleted'],
    ['not permitted', 'failed', 'SecretAccessDenied'],
  ])('reports the secret that is %s as %s with %s', (name, state, code) => {
    const problem = report.problems.find(({ secretId }) => secretId === made[name]);
    expect(problem).toMatchObject({ state, code });
    expect(problem?.reason).toMatch(/\.$/);
  });

  it('pushes all the others, also one that asks for a comment', async () => {
    const held = await vaultContent(world.emulators);
    for (const name of ['good before', 'good after', 'needs a comment']) {
      expect(held.get(`ss-prod-${made[name]}`)?.value).toEqual(good);
    }
    expect(report.counts['create.done']).toBe(39 + 3);
  });

  it('leaves the secret that somebody else has under that name as it was', async () => {
    const held = await vaultContent(world.emulators);
    expect(held.get(`ss-prod-${made['name taken']}`)).toMatchObject({ value: 'of somebody else', tags: {} });
  });

  it('lists the names that are taken as open cases', async () => {
    const { code, stdout } = await world.cli('case', 'list', '--json');
    // 4: something needs a person.
    expect(code).toBe(4);
    expect(stdout).toContain('NameTaken');
    expect(stdout).toContain('NameHeldBySoftDeleted');
  });

  it('pushes a parked secret and a mended one in a later cycle', async () => {
    const { control } = world.emulators;
    await control.editSecretServer({
      edit: 'setSecurity',
      secretId: made['checked out'] ?? 0,
      checkOutEnabled: false,
    });
    await control.editSecretServer({
      edit: 'checkIn',
      secretId: made['checked out'] ?? 0,
      user: 'someone-else',
    });
    await control.editSecretServer({
      edit: 'setFields',
      secretId: made['too large'] ?? 0,
      fields: { password: 'short' },
    });
    await control.removeFaults();
    await runCycle(world);
    const held = await vaultContent(world.emulators);
    expect(held.get(`ss-prod-${made['checked out']}`)?.value).toEqual(good);
    expect(held.get(`ss-prod-${made['too large']}`)?.value).toEqual({ ...good, password: 'short' });
    expect(held.get(`ss-prod-${made['not permitted']}`)?.value).toEqual(good);
  });
});
