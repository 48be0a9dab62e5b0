import {
  errorCode,
  startTeamFolder,
  valueOf,
  webItems,
  webPassword,
  type Page,
  type Secret,
  type TeamFolder,
} from './support/team-folder';

let team: TeamFolder;
beforeAll(async () => (team = await startTeamFolder()));
afterAll(async () => team.emulators.stop());

const never = '0001-01-01T00:00:00';

describe('creating and changing', () => {
  it('makes a secret with an item for every field of its template', async () => {
    const secret = await team.create();
    expect(secret).toMatchObject({
      name: 'portal',
      folderId: team.folderId,
      active: true,
      secretTemplateName: 'Web Password',
    });
    expect(secret).toMatchObject({
      lastPasswordChangeAttempt: never,
      lastHeartBeatCheck: never,
      checkOutUserId: -1,
    });
    expect(secret.items.map((item) => item.slug)).toEqual(['url', 'username', 'password', 'notes']);
    expect(valueOf((await team.read(secret.id)).json, 'password')).toBe('first');
  });

  it('binds names in any case, as the Go and Java clients send them', async () => {
    const Items = [
      { FieldID: 522, ItemValue: 'bob' },
      { FieldId: 523, ItemValue: 'two' },
    ];
    const body = {
      Name: 'pascal',
      SecretTemplateID: webPassword,
      FolderID: team.folderId,
      Items,
      Active: false,
    };
    const secret = await team.server.call<Secret>('POST', '/api/v1/secrets', body);
    expect([valueOf(secret.json, 'username'), secret.json['active']]).toEqual(['bob', true]);
  });

  it('names a required field that is missing and a field that does not exist', async () => {
    const missing = { items: [{ slug: 'username', itemValue: 'ann' }] };
    expect(await team.create(missing)).toEqual({
      errorCode: 'API_RequiredFieldMissing',
      message: 'Secret field is required',
    });
    const unknown = { items: [...webItems('x'), { slug: 'port', itemValue: '1' }] };
    expect(await team.create(unknown)).toMatchObject({ errorCode: 'API_SecretFieldNotFound' });
  });

  it('changes name, folder and items by PUT, and never deactivates through active: false', async () => {
    const { id } = await team.create();
    const { folderId: target } = await team.edit<{ folderId: number }>({
      edit: 'createFolder',
      path: '\\Team\\New',
    });
    const body = { id, name: 'renamed', folderId: target, items: webItems('second'), active: false };
    const { json } = await team.server.call<Secret>('PUT', `/api/v1/secrets/${id}`, body);
    expect(json).toMatchObject({ name: 'renamed', folderId: target, active: true });
    expect(valueOf(json, 'password')).toBe('second');
    expect(await team.actions(id)).toEqual(['CREATE', 'UPDATE', 'UPDATE', 'MOVE']);
  });

  it('changes by PATCH only what is marked dirty', async () => {
    const { id } = await team.create();
    const data = {
      name: { dirty: false, value: 'ignored' },
      secretFields: [
        { slug: 'password', dirty: true, value: 'patched' },
        { slug: 'username', dirty: false, value: 'ignored' },
      ],
    };
    expect((await team.server.call('PATCH', `/api/v2/secrets/${id}/general`, { data })).status).toBe(200);
    const secret = (await team.read(id)).json;
    expect([secret['name'], valueOf(secret, 'password'), valueOf(secret, 'username')]).toEqual([
      'portal',
      'patched',
      'ann',
    ]);
  });

  it('deactivates by DELETE and brings back by activate', async () => {
    const { id } = await team.create();
    const { json } = await team.server.call('DELETE', `/api/v1/secrets/${id}`);
    expect(json).toEqual({ id, objectType: 'Secret', responseCodes: [] });
    expect(errorCode(await team.read(id))).toBe('API_AccessDenied');
    expect((await team.read(id, '?includeInactive=True')).json['active']).toBe(false);
    await team.server.call('PUT', `/api/v3/secrets/${id}/activate`);
    expect((await team.read(id)).json['active']).toBe(true);
    expect(await team.actions(id)).toEqual(expect.arrayContaining(['DELETE', 'UNDELETE']));
  });

  it('offers a stub of a template', async () => {
    const { json } = await team.server.call<Secret>(
      'GET',
      '/api/v1/secrets/stub?filter.secrettemplateid=6001&folderId=7',
    );
    expect(json).toMatchObject({ id: 0, folderId: 7, secretTemplateName: 'Active Directory Account' });
    expect(json.items.map((item) => item.slug)).toEqual(['domain', 'username', 'password', 'notes']);
  });
});

describe('fields and files', () => {
  it('reads and writes one text field', async () => {
    const { id } = await team.create();
    const path = `/api/v1/secrets/${id}/fields/username`;
    expect((await team.server.call('PUT', path, { Value: 'carl' })).text).toBe('"carl"');
    expect((await team.server.call('GET', path)).text).toBe('"carl"');
    expect(errorCode(await team.server.call('GET', `/api/v1/secrets/${id}/fields/nothing`))).toBe(
      'API_SecretFieldNotFound',
    );
  });

  it('keeps the bytes of a file sent as a part named file or as JSON', async () => {
    const items = [
      { slug: 'machine', itemValue: 'host' },
      { slug: 'username', itemValue: 'root' },
    ];
    const { id } = await team.create({ secretTemplateId: 6007, items });
    const path = `/api/v1/secrets/${id}/fields/private-key`;
    const form = new FormData();
    form.set('file', new File([Buffer.from('key one\n')], 'id_rsa.txt'));
    expect((await team.server.call('PUT', path, form)).json).toBe(true);
    const sent = await team.server.call('GET', path);
    expect([sent.headers.get('content-type'), sent.text]).toEqual(['application/octet-stream', 'key one\n']);
    const fileAttachment = Buffer.from('key two').toString('base64');
    await team.server.call('PUT', path, { fileName: 'id_ed25519', fileAttachment });
    expect((await team.server.call('GET', path)).text).toBe('key two');
    const item = (await team.read(id)).json.items.find(({ slug }) => slug === 'private-key');
    expect(item).toMatchObject({ itemValue: '*** Not Valid For Display ***', filename: 'id_ed25519' });
  });
});

describe('searching', () => {
  const search = async (query: string) =>
    (await team.server.call<Page>('GET', `/api/v2/secrets?${query}`)).json;
  const ids = (page: Page) => page.records.map((record) => record['id']);
  let made: readonly number[];
  let top: number;

  beforeAll(async () => {
    const { folderId: leaf } = await team.edit<{ folderId: number }>({
      edit: 'createFolder',
      path: '\\Search\\Leaf',
    });
    const folders = (await team.server.call('GET', '/api/v1/folders/0?folderPath=/search')).json;
    top = Number(folders['id']);
    const bulk = { edit: 'createSecrets', template: 'Web Password', count: 12, valuePrefix: 'mark' } as const;
    made = (await team.edit<{ secretIds: number[] }>({ ...bulk, folderId: leaf })).secretIds;
  });

  it.each(['filter.', 'paging.filter.', 'args.', ''])(
    'takes filters with the prefix "%s"',
    async (prefix) => {
      expect(
        await search(`${prefix}folderId=${top}&&${prefix}includeSubFolders=True&paging.take=100`),
      ).toMatchObject({
        total: 12,
      });
      expect(await search(`${prefix}folderId=${top}`)).toMatchObject({ total: 0, records: [] });
    },
  );

  it('pages in an envelope', async () => {
    const page = await search(
      `filter.folderId=${top}&filter.includeSubFolders=true&take=5&skip=5&sortBy[0].name=id`,
    );
    expect(page).toEqual({
      batchCount: 3,
      currentPage: 2,
      hasNext: true,
      hasPrev: true,
      nextSkip: 10,
      pageCount: 3,
      prevSkip: 0,
      records: expect.any(Array),
      severity: 'None',
      skip: 5,
      sortBy: [{ name: 'id', direction: 'Asc', priority: 0 }],
      success: true,
      take: 5,
      total: 12,
    });
    expect(ids(page)).toEqual(made.slice(5, 10));
  });

  it('tells no totals when asked not to count', async () => {
    const query = `filter.folderId=${top}&filter.includeSubFolders=true&filter.doNotCalculateTotal=true`;
    expect(await search(query)).toMatchObject({ total: 0, pageCount: 0, hasNext: true, nextSkip: 10 });
  });

  it('finds by the exact value of a field, never by a password', async () => {
    const exact = 'filter.isExactMatch=true&filter.searchText=';
    expect(ids(await search(`${exact}mark-username-3&filter.searchField=Username`))).toEqual([made[2]]);
    expect(ids(await search(`${exact}mark-password-3`))).toEqual([]);
    expect(ids(await search(`${exact}mark-password-3&filter.searchField=Password`))).toEqual([]);
  });

  it('shows inactive secrets only when asked', async () => {
    const [first = 0] = made;
    await team.edit({ edit: 'deactivate', secretId: first });
    const query = `filter.folderId=${top}&filter.includeSubFolders=true&take=100`;
    expect(await search(query)).toMatchObject({ total: 11 });
    const all = await search(`${query}&filter.includeInactive=true`);
    expect(all.records.find((record) => record['id'] === first)).toMatchObject({ active: false });
    expect((await team.server.call('GET', `/api/v1/secrets/search-total?${query}`)).json).toBe(11);
  });

  it('shows no value and no time of change in a summary', async () => {
    const { records } = await search(`filter.folderId=${top}&filter.includeSubFolders=true&take=1`);
    expect(JSON.stringify(records)).not.toContain('mark-');
    expect(records[0]).toMatchObject({
      folderPath: '\\Search\\Leaf',
      lastAccessed: never,
      daysUntilExpiration: null,
    });
    await team.edit({ edit: 'setVersion', version: '11.2.000003' });
    const older = await search(`filter.folderId=${top}&filter.includeSubFolders=true&take=1`);
    await team.edit({ edit: 'setVersion', version: '11.7.000002' });
    expect(older.records[0]).not.toHaveProperty('folderPath');
  });
});
