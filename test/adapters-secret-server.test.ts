import { withCallCounts } from '../adapters/http/call-counts';
import { withCorrelationId } from '../adapters/http/correlation';
import { readChanges } from '../adapters/secret-server/changes-report';
import { openSecretServer, require200, type SecretServerConnection } from '../adapters/secret-server/client';
import { folderPathOf, listFolders } from '../adapters/secret-server/folders';
import { readSecret } from '../adapters/secret-server/secrets';
import { checkHealth, isReadOnly, serverVersion } from '../adapters/secret-server/server';
import { readSummary, searchSecrets, summaryStamp } from '../adapters/secret-server/summaries';
import { listTemplates, readTemplate, templateSlug } from '../adapters/secret-server/templates';
import type { SecretServerSettings } from '../domain/connectors';
import { secretServerOn } from './support/adapter-settings';
import { startEmulators, type Emulators } from './support/emulators';

const windows = 'Windows Account';
const marked = { machine: 'm', username: 'u', password: 'p-value', notes: 'n' };

async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

describe('Secret Server against the stand-in', () => {
  let emulators: Emulators;
  let connection: SecretServerConnection;
  const settings = (change: Partial<SecretServerSettings> = {}): SecretServerSettings => {
    const { url, username } = emulators.ready.secretServer;
    return secretServerOn(url, emulators.ready.caFile, { username, ...change });
  };
  const open = (
    change: Partial<SecretServerSettings> = {},
    password = emulators.ready.secretServer.password,
  ) => openSecretServer(settings(change), { kind: 'text', text: password }, { requestTimeoutMs: 20_000 });
  type Edit = Parameters<Emulators['control']['editSecretServer']>[0];
  const edit = async (change: Edit) =>
    emulators.control.editSecretServer<{ folderId: number; secretId: number }>(change);
  const folder = async (path: string) => (await edit({ edit: 'createFolder', path })).folderId;
  const secret = async (
    folderId: number,
    name = 'one',
    template = windows,
    fields: Record<string, string> = marked,
  ) => (await edit({ edit: 'createSecret', folderId, template, name, fields })).secretId;

  beforeAll(async () => void (emulators = await startEmulators()));
  afterAll(async () => emulators.stop());
  beforeEach(async () => {
    await emulators.control.reset();
    connection = open();
  });

  it('reads a secret with all its fields', async () => {
    const folderId = await folder('Sync/Oracle');
    const id = await secret(folderId);
    const reading = await readSecret(connection, id);
    if (reading.kind !== 'read') throw new Error(reading.kind);
    expect(reading.secret).toMatchObject({ id, name: 'one', folderId, templateName: windows, active: true });
    const bySlug = Object.fromEntries(reading.secret.fields.map((field) => [field.slug, field.value]));
    expect(bySlug).toEqual(marked);
    expect(reading.secret.fields.find((field) => field.slug === 'password')).toMatchObject({
      isPassword: true,
      isFile: false,
    });
  });

  it('fetches the bytes of a file, and of no file that is not wanted or not there', async () => {
    const id = await secret(await folder('Sync'), 'ssh', 'Unix Account (SSH)', {
      machine: 'm',
      username: 'u',
      password: 'p',
    });
    const file = { slug: 'private-key' };
    const bytesOf = async (wants?: () => boolean) => {
      const reading = await readSecret(connection, id, wants === undefined ? {} : { wantsFile: wants });
      return reading.kind === 'read'
        ? reading.secret.fields.find((field) => field.slug === file.slug)
        : undefined;
    };
    expect(await bytesOf()).toMatchObject({ isFile: true, value: undefined });
    expect((await bytesOf())?.bytes).toBeUndefined();
    const binary = Buffer.from([0, 0xff, 0xfe, 0x0a, 0x80]);
    await edit({
      edit: 'setFile',
      secretId: id,
      slug: file.slug,
      fileName: 'key',
      base64: binary.toString('base64'),
    });
    expect((await bytesOf())?.bytes).toEqual(binary);
    expect((await bytesOf(() => false))?.bytes).toBeUndefined();
  });

  it('answers a missing, a deleted and a forbidden secret alike, also where the server says so by 403', async () => {
    const folderId = await folder('Sync');
    const deleted = await secret(folderId, 'deleted');
    await edit({ edit: 'deactivate', secretId: deleted });
    const hiddenFolder = await folder('Hidden');
    const hidden = await secret(hiddenFolder, 'hidden');
    await edit({
      edit: 'setFolderAccess',
      folderId: hiddenFolder,
      user: emulators.ready.secretServer.username,
      access: 'none',
    });
    for (const status of [400, 403] as const) {
      await edit({ edit: 'setAccessDeniedStatus', status });
      for (const id of [999_999, deleted, hidden]) {
        await expect(readSecret(connection, id)).resolves.toEqual({ kind: 'accessDenied' });
      }
    }
  });

  it.each([
    [{ checkOutEnabled: true }, 'CheckedOut'],
    [{ requiresApproval: true }, 'ApprovalRequired'],
    [{ requiresComment: true }, 'CommentRequired'],
    [{ doubleLocked: true }, 'DoubleLocked'],
    [{ checkOutEnabled: true, requiresComment: true }, 'CheckedOut'],
  ])('parks a secret with %j as %s', async (security, reason) => {
    const id = await secret(await folder('Sync'));
    await edit({ edit: 'setSecurity', secretId: id, ...security });
    await expect(readSecret(connection, id)).resolves.toEqual({ kind: 'parked', reason });
  });

  it('never checks a secret out, and parks one that somebody else has', async () => {
    const id = await secret(await folder('Sync'));
    await edit({ edit: 'setSecurity', secretId: id, checkOutEnabled: true });
    await readSecret(connection, id);
    await expect(readSummary(connection, id)).resolves.toMatchObject({
      summary: { access: { checkOutEnabled: true, checkedOut: false } },
    });
    await edit({ edit: 'checkOut', secretId: id });
    await expect(readSecret(connection, id)).resolves.toEqual({ kind: 'parked', reason: 'CheckedOut' });
    await expect(readSummary(connection, id)).resolves.toMatchObject({
      summary: { access: { checkedOut: true } },
    });
  });

  it('reads an approved secret', async () => {
    const id = await secret(await folder('Sync'));
    const approvedFor = [emulators.ready.secretServer.username];
    await edit({ edit: 'setSecurity', secretId: id, requiresApproval: true, approvedFor });
    await expect(readSecret(connection, id)).resolves.toMatchObject({ kind: 'read' });
  });

  it('gives the comment that a secret asks for, with the correlation id, for fields and files', async () => {
    const id = await secret(await folder('Sync'), 'ssh', 'Unix Account (SSH)', {
      machine: 'm',
      username: 'u',
      password: 'p',
    });
    await edit({
      edit: 'setFile',
      secretId: id,
      slug: 'private-key',
      fileName: 'key',
      base64: Buffer.from('PEM').toString('base64'),
    });
    await edit({ edit: 'setSecurity', secretId: id, requiresComment: true });
    const reading = await withCorrelationId('c0ffee00-0000-4000-8000-000000000000', () =>
      readSecret(connection, id, { comment: 'ssakv sync' }),
    );
    if (reading.kind !== 'read') throw new Error(reading.kind);
    expect(reading.secret.fields.find((field) => field.slug === 'private-key')?.bytes).toEqual(
      Buffer.from('PEM'),
    );
    const path = `/api/v1/secrets/${id}/audits`;
    const audits = await require200(connection, { operation: 'audits', method: 'GET', path });
    expect(audits.toString()).toContain('ssakv sync (correlation id c0ffee00-0000-4000-8000-000000000000)');
  });

  it('finds every secret of a folder once, over several pages, with and without subfolders and deleted ones', async () => {
    const top = await folder('Sync');
    await edit({ edit: 'createSecrets', folderId: top, template: windows, count: 12 });
    const below = await folder('Sync/Below/Deep');
    const deleted = await secret(below, 'deleted');
    await edit({ edit: 'deactivate', secretId: deleted });
    await edit({ edit: 'setSecurity', secretId: await secret(below, 'locked'), doubleLocked: true });
    const search = (includeSubfolders: boolean, includeInactive: boolean) =>
      collect(searchSecrets(connection, { folderId: top, includeSubfolders, includeInactive, take: 5 }));
    expect((await search(false, true)).map((row) => row.secretId)).toHaveLength(12);
    const all = await search(true, true);
    expect(new Set(all.map((row) => row.secretId)).size).toBe(14);
    expect(all).toHaveLength(14);
    expect(all.find((row) => row.secretId === deleted)).toMatchObject({
      active: false,
      templateName: windows,
      name: 'deleted',
    });
    expect(all.find((row) => row.name === 'locked')?.access).toMatchObject({ doubleLock: true });
    expect(await search(true, false)).toHaveLength(13);
  });

  it('knows the path of a folder from the summary where there is one, and from the folders where not', async () => {
    const folderId = await folder('Sync/Oracle/East');
    const id = await secret(folderId);
    const pathOf = async () => {
      const reading = await readSummary(connection, id);
      return reading.kind === 'read' ? reading.summary.folderPath : undefined;
    };
    await edit({ edit: 'setVersion', version: '11.7.61' });
    await expect(pathOf()).resolves.toBe('Sync/Oracle/East');
    await edit({ edit: 'setVersion', version: '11.2.2' });
    await expect(pathOf()).resolves.toBeUndefined();
    await expect(serverVersion(connection)).resolves.toBe('11.2.2');
    const folders = await listFolders(connection);
    const found = folders.find((one) => one.id === folderId);
    expect(found?.path).toBe('Sync/Oracle/East');
    expect(folders.find((one) => one.id === found?.parentId)?.path).toBe('Sync/Oracle');
    expect(folders.find((one) => one.path === 'Sync')?.parentId).toBeUndefined();
  });

  it('moves the stamp with a move, a deletion and a password change, but not with a rename, a read or a check-out', async () => {
    const id = await secret(await folder('Sync'));
    const stamp = async () => {
      const reading = await readSummary(connection, id);
      if (reading.kind !== 'read') throw new Error(reading.kind);
      return reading.summary.stamp;
    };
    const first = await stamp();
    await edit({ edit: 'rename', secretId: id, name: 'renamed' });
    await readSecret(connection, id);
    await edit({ edit: 'setSecurity', secretId: id, checkOutEnabled: true });
    expect(await stamp()).toBe(first);
    await edit({ edit: 'startPasswordChange', secretId: id, newPassword: 'next' });
    await edit({ edit: 'finishPasswordChange', secretId: id, succeeded: true });
    const changed = await stamp();
    expect(changed).not.toBe(first);
    await edit({ edit: 'move', secretId: id, folderId: await folder('Other') });
    const moved = await stamp();
    expect(moved).not.toBe(changed);
    await edit({ edit: 'deactivate', secretId: id });
    expect(await stamp()).not.toBe(moved);
  });

  it('lists the templates and reads the fields of one', async () => {
    const templates = await listTemplates(connection);
    const unix = templates.find((template) => template.name === 'Unix Account (SSH)');
    const read = await readTemplate(connection, unix?.id ?? 0);
    expect(read).toMatchObject({ name: 'Unix Account (SSH)', slug: 'unix-account-ssh' });
    expect(read.fields.find((field) => field.slug === 'private-key')).toMatchObject({
      isFile: true,
      isPassword: false,
    });
    expect(read.fields.find((field) => field.slug === 'password')).toMatchObject({
      isPassword: true,
      isRequired: expect.any(Boolean),
    });
  });

  it('reads the changes since a time over several pages, and none of its own reads', async () => {
    const id = await secret(await folder('Sync'));
    for (let index = 0; index < 7; index += 1)
      await edit({ edit: 'setFields', secretId: id, fields: { machine: `m${index}` } });
    await readSecret(connection, id);
    const rows = await collect(
      readChanges(connection, 'ssakv changes', '2000-01-01T00:00:00', { pageSize: 3 }),
    );
    expect(rows.length).toBeGreaterThanOrEqual(8);
    expect(new Set(rows.map((row) => row.auditId)).size).toBe(rows.length);
    expect(rows.filter((row) => row.secretId === id).map((row) => row.action)).not.toContain(
      'WEBSERVICEVIEW',
    );
    expect(rows.every((row) => /^\d{4}-\d\d-\d\dT[\d:.]+$/.test(row.dateRecorded))).toBe(true);
    const last = rows.at(-1)?.dateRecorded ?? '';
    expect((await collect(readChanges(connection, 'ssakv changes', last))).length).toBeLessThan(rows.length);
  });

  it('says so when the report is not installed', async () => {
    await edit({ edit: 'setChangesReport', installed: false });
    await expect(
      collect(readChanges(connection, 'ssakv changes', '2000-01-01T00:00:00')),
    ).rejects.toMatchObject({
      code: 'SecretServerReportUnusable',
      retryable: false,
    });
  });

  it('is healthy, and knows of read-only mode', async () => {
    await expect(checkHealth(connection)).resolves.toBe(true);
    await expect(isReadOnly(connection)).resolves.toBe(false);
    await edit({ edit: 'setReadOnly', enabled: true });
    await expect(isReadOnly(connection)).resolves.toBe(true);
  });

  it('names a wrong password, and a URL without the API', async () => {
    await expect(serverVersion(open({}, 'wrong'))).rejects.toMatchObject({
      code: 'SecretServerLoginFailed',
      retryable: false,
    });
    await expect(serverVersion(open({ url: `${settings().url}/nowhere` }))).rejects.toMatchObject({
      code: 'SecretServerWrongAddress',
    });
  });

  it('logs in again when its token has been revoked or has expired', async () => {
    await serverVersion(connection);
    await edit({ edit: 'revokeTokens' });
    const { calls } = await withCallCounts(() => serverVersion(connection));
    expect(calls).toEqual({ 'secretServer.token': 1, 'secretServer.version': 2 });
  });

  it('works over plain HTTP on loopback', async () => {
    await expect(serverVersion(open({ url: emulators.ready.secretServer.httpUrl }))).resolves.toMatch(
      /^\d+\.\d+/,
    );
  });
});

describe('what the adapter makes of texts', () => {
  it.each([
    ['\\Production\\Oracle', 'Production/Oracle'],
    ['\\One', 'One'],
    ['', ''],
  ])('writes the folder %j as %j', (wire, path) => expect(folderPathOf(wire)).toBe(path));

  it.each([
    ['Oracle Service Account', 'oracle-service-account'],
    ['Unix Account (SSH)', 'unix-account-ssh'],
    ['Azure AD Account', 'azure-ad-account'],
  ])('makes the slug of %j as %j', (name, slug) => expect(templateSlug(name)).toBe(slug));

  it('makes the same stamp of the same members, whatever their order', () => {
    const stamp = summaryStamp({
      folderId: 1,
      active: true,
      templateId: 2,
      lastPasswordChangeAttempt: '0001-01-01T00:00:00',
      isOutOfSync: false,
    });
    const other = summaryStamp({
      isOutOfSync: false,
      lastPasswordChangeAttempt: '0001-01-01T00:00:00',
      templateId: 2,
      active: true,
      folderId: 1,
    });
    expect(stamp).toBe(other);
  });
});
