import { activate, runCycle, syncSecrets } from './support/cycle-runs';
import { secretClient } from './support/azure-clients';
import { expectedSecrets, worldSecrets, type ExpectedSecret } from './support/oracle';
import { startSyncWorld, type SyncWorld } from './support/sync-world';
import { auditEntries } from './support/synced-state';
import { heldSecret, vaultContent } from './support/vault-content';

jest.setTimeout(150_000);

let world: SyncWorld;

beforeAll(async () => {
  world = await startSyncWorld({ demo: true });
  await activate(world);
});

afterAll(async () => {
  await world?.stop();
});

/** Some pushed secret of a template, another one for each `index`. */
async function pushed(templateName: string, index: number): Promise<ExpectedSecret> {
  const secrets = await worldSecrets(world.emulators.control);
  const ids = secrets.filter((secret) => secret.templateName === templateName).map(({ id }) => id);
  const expected = await expectedSecrets(world.emulators.control);
  const found = expected.filter(({ secretId }) => ids.includes(secretId))[index];
  if (found === undefined) throw new Error(`The demo has no ${templateName} number ${index}.`);
  return found;
}

async function expectVaultAsExpected(): Promise<void> {
  const held = await vaultContent(world.emulators);
  for (const { name, value } of await expectedSecrets(world.emulators.control)) {
    expect({ name, value: held.get(name)?.value }).toEqual({ name, value });
  }
}

describe('what a cycle brings to Key Vault', () => {
  it('an edited field, as one new version with a counted-up ss-sync-version', async () => {
    const { secretId, name } = await pushed('Oracle Service Account', 0);
    await world.emulators.control.editSecretServer({
      edit: 'setFields',
      secretId,
      fields: { password: 'edited-1' },
    });
    const report = await runCycle(world);
    expect(report.counts).toMatchObject({ 'push.done': 1 });
    const held = await heldSecret(world.emulators, name);
    expect(held.versions).toHaveLength(2);
    expect(held.tags['ss-sync-version']).toBe('2');
    await expectVaultAsExpected();
  });

  it('a finished remote password change, and not a failed one', async () => {
    const done = await pushed('Oracle Service Account', 1);
    const failed = await pushed('Oracle Service Account', 2);
    const { control } = world.emulators;
    await control.editSecretServer({ edit: 'configurePasswordChanges', delayMs: null });
    for (const { secretId } of [done, failed]) {
      await control.editSecretServer({
        edit: 'startPasswordChange',
        secretId,
        newPassword: 'rotated-by-rpc',
      });
    }
    await control.editSecretServer({
      edit: 'finishPasswordChange',
      secretId: done.secretId,
      succeeded: true,
    });
    await control.editSecretServer({
      edit: 'finishPasswordChange',
      secretId: failed.secretId,
      succeeded: false,
    });
    await runCycle(world);
    expect((await heldSecret(world.emulators, done.name)).value).toMatchObject({
      password: 'rotated-by-rpc',
    });
    expect((await heldSecret(world.emulators, failed.name)).versions).toHaveLength(1);
    await expectVaultAsExpected();
  });

  it('a secret that was moved into a governed folder, and a new one', async () => {
    const { control } = world.emulators;
    const before = (await vaultContent(world.emulators)).size;
    const outside = (await worldSecrets(control)).find(({ folderPath }) =>
      folderPath.startsWith('\\Development'),
    );
    const folderId = world.emulators.ready.secretServer.folderId ?? 0;
    await control.editSecretServer({ edit: 'move', secretId: outside?.id ?? 0, folderId });
    await control.editSecretServer({
      edit: 'createSecret',
      folderId,
      template: 'Web Password',
      name: 'new one',
      fields: { url: 'https://new.example.com', username: 'u', password: 'päßwörd "quoted"\n second line' },
    });
    const report = await runCycle(world);
    expect(report.counts).toMatchObject({ 'create.done': 2 });
    expect((await vaultContent(world.emulators)).size).toBe(before + 2);
    await expectVaultAsExpected();
  });

  it('nothing, when only notes changed', async () => {
    const { secretId, name } = await pushed('Oracle Service Account', 3);
    await world.emulators.control.editSecretServer({
      edit: 'setFields',
      secretId,
      fields: { notes: 'other notes' },
    });
    const report = await runCycle(world);
    expect(report.counts['push.done']).toBeUndefined();
    expect((await heldSecret(world.emulators, name)).versions).toHaveLength(1);
  });

  it('a renamed folder, as a tag and without a new version', async () => {
    const { control } = world.emulators;
    const { folders } = await control.secretServerWorld<{ folders: { id: number; path: string }[] }>();
    const east = folders.find(({ path }) => path === '\\Production\\Oracle\\East');
    await control.editSecretServer({ edit: 'renameFolder', folderId: east?.id ?? 0, name: 'Far East' });
    const { name } = await pushed('Oracle Service Account', 4);
    const { versions } = await heldSecret(world.emulators, name);
    await runCycle(world);
    const held = await heldSecret(world.emulators, name);
    expect(held.tags['ss-folder-path']).toBe('Production/Oracle/Far East');
    expect(held.versions).toEqual(versions);
    expect((await runCycle(world)).counts['repairTags.done']).toBeUndefined();
  });
});

describe("Azure's own metadata", () => {
  it('keeps tags that Azure teams set, through a push', async () => {
    const { secretId, name } = await pushed('Web Password', 0);
    const client = secretClient(world.emulators);
    const { properties } = await client.getSecret(name);
    const tags = { ...properties.tags, 'cost-center': 'eng-infra', 'data-classification': 'confidential' };
    await client.updateSecretProperties(name, properties.version ?? '', { tags });
    await world.emulators.control.editSecretServer({
      edit: 'setFields',
      secretId,
      fields: { password: 'edited-2' },
    });
    await runCycle(world);
    const held = await heldSecret(world.emulators, name);
    expect(held.value).toMatchObject({ password: 'edited-2' });
    expect(held.tags).toMatchObject({ 'cost-center': 'eng-infra', 'data-classification': 'confidential' });
  });

  it('puts back an ss- tag that somebody removed, without a new version', async () => {
    const { name } = await pushed('Web Password', 1);
    const client = secretClient(world.emulators);
    const { properties } = await client.getSecret(name);
    const { 'ss-template': _removed, ...tags } = properties.tags ?? {};
    await client.updateSecretProperties(name, properties.version ?? '', { tags });
    await runCycle(world);
    const held = await heldSecret(world.emulators, name);
    expect(held.tags['ss-template']).toBe('web-password');
    expect(held.versions).toHaveLength(1);
    expect(await auditEntries(world, 'externalSecret.tagsRepaired')).toContainEqual(
      expect.objectContaining({
        externalName: name,
        details: expect.objectContaining({ tags: 'ss-template' }),
      }),
    );
  });

  it('carries an expiry and keys that Azure added to the value into the new version', async () => {
    const { secretId, name } = await pushed('Web Password', 2);
    const client = secretClient(world.emulators);
    const { properties, value = '{}' } = await client.getSecret(name);
    const expiresOn = new Date('2037-01-01T00:00:00Z');
    const withExtraKey = JSON.stringify({ ...(JSON.parse(value) as object), addedByAzure: 12 });
    await client.setSecret(name, withExtraKey, { tags: properties.tags ?? {}, expiresOn });
    await world.emulators.control.editSecretServer({
      edit: 'setFields',
      secretId,
      fields: { password: 'edited-3' },
    });
    await runCycle(world);
    const pushedAgain = await client.getSecret(name);
    expect(pushedAgain.properties.expiresOn).toEqual(expiresOn);
    expect(JSON.parse(pushedAgain.value ?? '')).toMatchObject({ password: 'edited-3', addedByAzure: 12 });
  });
});

describe('what a cycle leaves alone and reports', () => {
  it('an external secret that Azure disabled', async () => {
    const { secretId, name } = await pushed('Web Password', 3);
    const client = secretClient(world.emulators);
    const { properties } = await client.getSecret(name);
    await client.updateSecretProperties(name, properties.version ?? '', { enabled: false });
    await world.emulators.control.editSecretServer({
      edit: 'setFields',
      secretId,
      fields: { password: 'edited-4' },
    });
    const report = await runCycle(world);
    expect(report.problems).toContainEqual(
      expect.objectContaining({ externalName: name, state: 'held', code: 'DisabledInKeyVault' }),
    );
    await client.updateSecretProperties(name, properties.version ?? '', { enabled: true });
    await runCycle(world);
    expect((await heldSecret(world.emulators, name)).value).toMatchObject({ password: 'edited-4' });
  });

  it('a value that only Azure changed, because pulling is not built yet', async () => {
    const { name } = await pushed('Web Password', 4);
    const client = secretClient(world.emulators);
    const { properties } = await client.getSecret(name);
    await client.setSecret(name, JSON.stringify({ password: 'of azure' }), { tags: properties.tags ?? {} });
    const report = await runCycle(world);
    expect(report.problems).toContainEqual(
      expect.objectContaining({ externalName: name, state: 'reported', code: 'RowNotYetSupported' }),
    );
    expect((await heldSecret(world.emulators, name)).value).toEqual({ password: 'of azure' });
  });
});

describe('Force Sync', () => {
  it('pushes a named secret at once and does not write an unchanged one', async () => {
    const changed = await pushed('SQL Server Account', 0);
    const unchanged = await pushed('SQL Server Account', 1);
    const { control } = world.emulators;
    await control.editSecretServer({
      edit: 'setFields',
      secretId: changed.secretId,
      fields: { password: 'forced' },
    });
    const report = await syncSecrets(world, [changed.secretId, unchanged.secretId]);
    expect(report.counts).toMatchObject({ 'push.done': 1 });
    expect((await heldSecret(world.emulators, changed.name)).value).toMatchObject({ password: 'forced' });
    expect((await heldSecret(world.emulators, unchanged.name)).versions).toHaveLength(1);
  });

  it('creates a named secret that was never pushed', async () => {
    const { control } = world.emulators;
    const { secretId } = await control.editSecretServer<{ secretId: number }>({
      edit: 'createSecret',
      folderId: world.emulators.ready.secretServer.folderId ?? 0,
      template: 'Web Password',
      name: 'forced one',
      fields: { url: 'https://forced.example.com', username: 'u', password: 'p' },
    });
    await syncSecrets(world, [secretId]);
    expect((await heldSecret(world.emulators, `ss-prod-${secretId}`)).value).toMatchObject({ password: 'p' });
  });

  it('says of a secret that is not governed that it is not', async () => {
    const report = await syncSecrets(world, [999_999]);
    expect(report.problems).toContainEqual(expect.objectContaining({ secretId: 999_999, state: 'failed' }));
  });
});
