import { startEmulators, type Emulators } from './support/emulators';
import { signIn, type Answer, type SecretServerCalls } from './support/secret-server-calls';

interface ExportedWorld {
  readonly secrets: readonly { readonly id: number }[];
}
interface Report {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly [number, number, string, string])[];
  readonly totalRowCount: number;
}

let emulators: Emulators;
let server: SecretServerCalls;

beforeAll(async () => {
  emulators = await startEmulators({ demo: true });
  server = await signIn(emulators);
});
afterAll(async () => emulators.stop());

async function edit<T = unknown>(
  change: Parameters<Emulators['control']['editSecretServer']>[0],
): Promise<T> {
  return (await emulators.control.editSecretServer(change)) as T;
}

const world = async () => (await emulators.control.secretServerWorld()) as unknown as ExportedWorld;
const errorCode = (answer: Answer) => answer.json['errorCode'];

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
