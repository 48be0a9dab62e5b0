import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmulators, type Emulators } from './support/emulators';
import { signIn, type Answer, type SecretServerCalls } from './support/secret-server-calls';

interface Field {
  readonly slug: string;
  readonly isNotes: boolean;
  readonly value: string | null;
  readonly file: { readonly name: string; readonly base64: string } | null;
}
interface ExportedSecret {
  readonly id: number;
  readonly name: string;
  readonly folderId: number;
  readonly folderPath: string;
  readonly templateName: string;
  readonly fields: readonly Field[];
}
interface ExportedWorld {
  readonly folders: readonly { readonly id: number; readonly path: string }[];
  readonly secrets: readonly ExportedSecret[];
}
interface Report {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly [number, number, string, string])[];
  readonly totalRowCount: number;
}

let dataDirectory: string;
let emulators: Emulators;
let server: SecretServerCalls;

beforeAll(async () => {
  dataDirectory = mkdtempSync(path.join(tmpdir(), 'ssakv-secret-server-'));
  emulators = await startEmulators({ demo: true, dataDirectory });
  server = await signIn(emulators);
});
afterAll(async () => {
  await emulators.stop();
  rmSync(dataDirectory, { recursive: true, force: true });
});

async function edit<T = unknown>(
  change: Parameters<Emulators['control']['editSecretServer']>[0],
): Promise<T> {
  return (await emulators.control.editSecretServer(change)) as T;
}

const world = async () => (await emulators.control.secretServerWorld()) as unknown as ExportedWorld;
const errorCode = (answer: Answer) => answer.json['errorCode'];

describe('the demo', () => {
  it('has 40 secrets over six templates, one of them outside the governed tree', async () => {
    const { secrets } = await world();
    expect(secrets).toHaveLength(40);
    expect(new Set(secrets.map((secret) => secret.templateName))).toEqual(
      new Set([
        'Active Directory Account',
        'Azure Application Registration',
        'Oracle Service Account',
        'SQL Server Account',
        'Unix Account (SSH)',
        'Web Password',
      ]),
    );
    const outside = secrets.filter((secret) => !secret.folderPath.startsWith('\\Production\\'));
    expect(outside.map((secret) => secret.folderPath)).toEqual(['\\Development\\Web']);
  });

  it('has one note that no Key Vault value could hold, and one private key', async () => {
    const fields = (await world()).secrets.flatMap((secret) => secret.fields);
    const long = fields.filter((field) => (field.value ?? '').length > 25_000);
    expect(long.map((field) => field.isNotes)).toEqual([true]);
    expect(fields.filter((field) => field.file !== null)).toHaveLength(1);
  });

  it('names the governed folder in the ready line', async () => {
    const { folderId } = emulators.ready.secretServer;
    const { json } = await server.call('GET', `/api/v1/folders/${folderId}`);
    expect(json).toMatchObject({ folderPath: '\\Production', parentFolderId: -1, childFolders: null });
  });

  it('survives a restart with its secrets, its password and its tokens', async () => {
    const before = await world();
    await emulators.stop();
    const { password } = emulators.ready.secretServer;
    emulators = await startEmulators({ demo: true, dataDirectory });
    expect(emulators.ready.secretServer.password).toBe(password);
    expect(await world()).toEqual(before);
    server = await signIn(emulators);
  });

  it('has values of its own in every installation', async () => {
    const other = await startEmulators({ demo: true });
    const passwords = (text: unknown) =>
      JSON.stringify(text).match(/"slug":"password"[^}]*"value":"[^"]+"/g) ?? [];
    const ours = new Set(passwords(await world()));
    const theirs = passwords(await other.control.secretServerWorld());
    await other.stop();
    expect(theirs.length).toBeGreaterThan(20);
    expect(theirs.filter((value) => ours.has(value))).toEqual([]);
  });
});

describe('folders', () => {
  const create = async (body: object) =>
    server.call('POST', '/api/v1/folders', {
      folderTypeId: 1,
      parentFolderId: -1,
      inheritPermissions: false,
      ...body,
    });

  it('are made, renamed, moved and deleted', async () => {
    const { json: parent } = await create({ folderName: 'Region' });
    expect(parent).toEqual({
      id: expect.any(Number),
      folderName: 'Region',
      folderPath: '\\Region',
      parentFolderId: -1,
      folderTypeId: 1,
      secretPolicyId: -1,
      inheritSecretPolicy: false,
      inheritPermissions: false,
      childFolders: null,
      secretTemplates: null,
    });
    const { json: child } = await create({
      folderName: 'Site',
      parentFolderId: parent['id'],
      inheritPermissions: true,
    });
    const put = { id: child['id'], folderTypeId: 1, folderName: 'Plant' };
    const renamed = await server.call('PUT', `/api/v1/folders/${String(child['id'])}`, put);
    expect(renamed.json['folderPath']).toBe('\\Region\\Plant');
    const data = { parentFolderId: { dirty: true, value: -1 }, folderName: { dirty: false, value: 'no' } };
    const moved = await server.call('PATCH', `/api/v1/folder/${String(child['id'])}`, { data });
    expect(moved.json['folderPath']).toBe('\\Plant');
    const gone = await server.call('DELETE', `/api/v1/folders/${String(child['id'])}`);
    expect(gone.json).toEqual({ id: child['id'], objectType: 'Folder', responseCodes: [] });
    expect(errorCode(await server.call('GET', `/api/v1/folders/${String(child['id'])}`))).toBe(
      'API_AccessDenied',
    );
  });

  it('at the root cannot inherit permissions', async () => {
    expect(errorCode(await create({ folderName: 'Root', inheritPermissions: true }))).toBe(
      'API_AccessDenied',
    );
  });

  it('are looked up below another, directly or all', async () => {
    const { folderId } = emulators.ready.secretServer;
    const names = async (query: string) => {
      const { json } = await server.call<{ records: { value: string }[] }>(
        'GET',
        `/api/v1/folders/lookup?${query}`,
      );
      return json.records.map((record) => record.value);
    };
    const below = `filter.parentFolderId=${folderId}&take=50`;
    const direct = ['Oracle', 'Web', 'Linux', 'Databases', 'Directory', 'Azure'];
    expect(await names(`${below}&filter.limitToDirectDescendents=True`)).toEqual(direct);
    expect(new Set(await names(below))).toEqual(new Set([...direct, 'East', 'West']));
  });

  it('hide from an account what is below a folder it may not see', async () => {
    const { json: parent } = await create({ folderName: 'Hidden' });
    const { json: child } = await create({
      folderName: 'Deep',
      parentFolderId: parent['id'],
      inheritPermissions: true,
    });
    const user = emulators.ready.secretServer.username;
    await edit({ edit: 'setFolderAccess', folderId: Number(parent['id']), user, access: 'none' });
    expect(errorCode(await server.call('GET', `/api/v1/folders/${String(child['id'])}`))).toBe(
      'API_AccessDenied',
    );
    await edit({ edit: 'setFolderAccess', folderId: Number(child['id']), user, access: 'view' });
    expect((await server.call('GET', `/api/v1/folders/${String(child['id'])}`)).status).toBe(200);
    const put = { id: child['id'], folderTypeId: 1, folderName: 'Other' };
    expect(errorCode(await server.call('PUT', `/api/v1/folders/${String(child['id'])}`, put))).toBe(
      'API_AccessDenied',
    );
  });
});

describe('templates', () => {
  it.each([
    [6001, 'Active Directory Account', { domain: 87, username: 90, password: 89, notes: 88 }],
    [6003, 'Windows Account', { machine: 83, username: 86, password: 85, notes: 84 }],
    [
      6007,
      'Unix Account (SSH)',
      {
        machine: 108,
        username: 111,
        password: 110,
        notes: 109,
        'private-key': 189,
        'private-key-passphrase': 190,
      },
    ],
  ])('%i is %s with the field ids of the vendor', async (id, name, ids) => {
    const { json } = await server.call<{
      name: string;
      fields: { fieldSlugName: string; secretTemplateFieldId: number }[];
    }>('GET', `/api/v1/secret-templates/${id}`);
    expect(json.name).toBe(name);
    const fields = json.fields.map((field) => [field.fieldSlugName, field.secretTemplateFieldId]);
    expect(Object.fromEntries(fields)).toEqual(ids);
  });

  it('for SQL Server has no field for a database', async () => {
    const { json } = await server.call<{ records: { id: number; name: string }[] }>(
      'GET',
      '/api/v1/secret-templates?filter.searchText=SQL%20Server',
    );
    const fields = await server.call<{ slug: string }[]>(
      'GET',
      `/api/v1/secret-templates/fields/basic/${json.records[0]?.id}`,
    );
    expect(fields.json.map((field) => field.slug)).toEqual(['server', 'username', 'password', 'notes']);
  });

  it('can be added, and slugs come from names', async () => {
    const made = await edit<{ templateId: number }>({
      edit: 'addTemplate',
      name: 'Broker Account',
      fields: [
        { name: 'Login Name', isRequired: true },
        { name: 'API Key', kind: 'password' },
      ],
    });
    const { json } = await server.call('GET', `/api/v1/secret-templates/${made.templateId}`);
    expect(json).toMatchObject({
      name: 'Broker Account',
      fields: [
        { fieldSlugName: 'login-name', isRequired: true },
        { fieldSlugName: 'api-key', isPassword: true },
      ],
    });
  });

  it('generate passwords for password fields only', async () => {
    expect((await server.call('POST', '/api/v1/secret-templates/generate-password/89')).json).toEqual(
      expect.any(String),
    );
    expect((await server.call('POST', '/api/v1/secret-templates/generate-password/90')).status).toBe(400);
  });
});

describe('the changes report', () => {
  const run = async (value: string, more: object = {}) =>
    server.call<Report & Record<string, unknown>>('POST', '/api/v1/reports/execute', {
      Name: 'ssakv changes',
      Parameters: [{ Name: 'since', Value: value }],
      ...more,
    });

  it('lists changes since a time in order, without reads', async () => {
    const { json: before } = await run('0001-01-01T00:00:00');
    expect(before.columns).toEqual(['AuditId', 'SecretId', 'Action', 'DateRecorded']);
    const [secret] = (await world()).secrets;
    const secretId = secret?.id ?? 0;
    await server.call('GET', `/api/v1/secrets/${secretId}`);
    await edit({ edit: 'setFields', secretId, fields: { username: 'new' } });
    await edit({ edit: 'move', secretId, folderId: emulators.ready.secretServer.folderId ?? 0 });
    const since = before.rows.at(-1)?.[3] ?? '';
    const { json: after } = await run(since);
    expect(after.rows.slice(1).map((row) => row.slice(1, 3))).toEqual([
      [secretId, 'UPDATE'],
      [secretId, 'MOVE'],
    ]);
    expect(after.rows[0]).toEqual(before.rows.at(-1));
    const ids = after.rows.map(([auditId]) => auditId);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  });

  it('pages by number and by record', async () => {
    const all = (await run('0001-01-01T00:00:00')).json.rows;
    const page = (await run('0001-01-01T00:00:00', { pageNumber: 2, recordsPerPage: 7 })).json;
    expect([page.rows, page.totalRowCount]).toEqual([all.slice(7, 14), all.length]);
    const range = (await run('0001-01-01T00:00:00', { startRecordNumber: 3, endRecordNumber: 4 })).json;
    expect(range.rows).toEqual(all.slice(2, 4));
  });

  it('takes the time also as the free text that real reports have', async () => {
    const parameters = [{ name: 'CustomText', value: '2999-01-01' }];
    const { json } = await server.call('POST', '/api/v1/reports/execute', {
      name: 'ssakv changes',
      parameters,
    });
    expect(json).toMatchObject({ rows: [], totalRowCount: 0 });
  });

  it('is an error when it is not installed, asks for another, or carries no usable time', async () => {
    expect(errorCode(await run('2026-01-01T00:00:00Z'))).toBe('API_ReportInvalidParameter');
    expect(errorCode(await run('2026-01-01', { name: 'other', Name: 'other' }))).toBe('API_ReportNotFound');
    await edit({ edit: 'setChangesReport', installed: false });
    expect(errorCode(await run('2026-01-01'))).toBe('API_ReportNotFound');
    await edit({ edit: 'setChangesReport', installed: true });
  });
});

describe('edits behind the interface', () => {
  it('make thousands of secrets with marked values and times that rise', async () => {
    const folderId = emulators.ready.secretServer.folderId ?? 0;
    const { secretIds } = await edit<{ secretIds: number[] }>({
      edit: 'createSecrets',
      folderId,
      template: 'Oracle Service Account',
      count: 2000,
      namePrefix: 'load',
      valuePrefix: 'marked',
    });
    expect(secretIds).toHaveLength(2000);
    const { json } = await server.call('GET', `/api/v1/secrets/${secretIds[1999]}`);
    expect(json).toMatchObject({ name: 'load-2000', folderId });
    expect(JSON.stringify(json)).toContain('"itemValue":"marked-password-2000"');
    const times = (
      await server.call<{ records: { createDate: string }[] }>(
        'GET',
        `/api/v1/secrets?filter.folderId=${folderId}&take=3000&sortBy[0].name=id`,
      )
    ).json.records.map((record) => record.createDate);
    expect(times).toEqual([...new Set(times)].sort());
  });

  it('are refused with the name of the member that is wrong', async () => {
    const wrong = { edit: 'move', secretId: 1, folderId: 1 } as const;
    await expect(edit(wrong)).rejects.toThrow(/400.*there is no secret 1/s);
    const surplus = { edit: 'rename', secretId: 1001, name: 'x', extra: true };
    await expect(edit(surplus as never)).rejects.toThrow(/400.*extra/s);
  });

  it('are forgotten by a reset, while the account of the ready line stays', async () => {
    await edit({ edit: 'setReadOnly', enabled: true });
    await emulators.control.reset();
    server = await signIn(emulators);
    expect((await server.call('GET', '/api/v1/configuration/read-only-mode')).json).toEqual({
      enabled: false,
    });
    expect((await world()).secrets).toHaveLength(40);
  });
});

describe('the calls', () => {
  it('are counted by operation and named by secret', async () => {
    await emulators.control.resetStats();
    await server.call('GET', '/api/v2/secrets?filter.folderId=1');
    await server.call('GET', '/api/v1/secrets/1001');
    await server.call('GET', '/api/v1/secrets/0?secretPath=%5CProduction%5CWeb%5Cweb%20shop');
    await server.call('POST', '/api/v1/reports/execute', { name: 'none' });
    const { entries } = await emulators.control.log();
    expect(entries.slice(-4).map(({ operation, object, status }) => [operation, object, status])).toEqual([
      ['search', '', 200],
      ['read', '1001', 200],
      ['read', '\\Production\\Web\\web shop', 200],
      ['report', '', 400],
    ]);
  });
});
