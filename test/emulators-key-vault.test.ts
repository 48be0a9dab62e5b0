import type { KeyVaultSecret, SecretClient } from '@azure/keyvault-secrets';
import { secretClient, secretCredential } from './support/azure-clients';
import { type Emulators, startEmulators } from './support/emulators';
import { httpsCall, type RawAnswer } from './support/https-call';

const API = 'api-version=2025-07-01';
const SCOPE = 'https://vault.azure.net/.default';

let emulators: Emulators;
let client: SecretClient;
let token: string;

beforeAll(async () => {
  emulators = await startEmulators();
  client = secretClient(emulators);
  ({ token } = await secretCredential(emulators).getToken(SCOPE));
});
afterAll(async () => emulators.stop());
beforeEach(async () => emulators.control.reset());

interface Call {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  anonymous?: boolean;
}

/** A raw call of the vault with the token, unless anonymous. */
async function call(route: string, { method = 'GET', body, headers = {}, anonymous = false }: Call = {}) {
  const authorization = anonymous ? {} : { authorization: `Bearer ${token}` };
  return httpsCall(`${emulators.ready.keyVault.url}${route}`, {
    ca: emulators.ca,
    method,
    headers: { ...authorization, ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

const bodyOf = (answer: RawAnswer): Record<string, unknown> =>
  JSON.parse(answer.body) as Record<string, unknown>;
const errorOf = (answer: RawAnswer) =>
  (bodyOf(answer) as { error: { code: string; message: string; innererror?: unknown } }).error;

async function setMany(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await call(`/secrets/many-${String(index).padStart(3, '0')}?${API}`, {
      method: 'PUT',
      body: { value: 'v' },
    });
  }
}

async function namesByPage(maxPageSize?: number): Promise<string[][]> {
  const pages: string[][] = [];
  const settings = maxPageSize === undefined ? {} : { maxPageSize };
  for await (const page of client.listPropertiesOfSecrets().byPage(settings))
    pages.push(page.map((item) => item.name));
  return pages;
}

describe('Key Vault access', () => {
  test('a call without a token gets the recorded challenge', async () => {
    const answer = await call(`/secrets/x?${API}`, { method: 'PUT', anonymous: true });
    const { authority, tenantId } = emulators.ready.entra;
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe(
      `Bearer authorization="${authority}/${tenantId}", resource="https://vault.azure.net"`,
    );
    expect(answer.body).toBe(
      '{"error":{"code":"Unauthorized","message":"AKV10000: Request is missing a Bearer, PoP, or MTLS_POP token."}}',
    );
    expect(answer.headers['content-length']).toBe('108');
    expect(answer.headers['x-ms-keyvault-rbac-assignment-id']).toBeUndefined();
  });

  test('the challenge on a host with labels names the host without its first label, and its port', async () => {
    const answer = await call(`/secrets?${API}`, {
      anonymous: true,
      headers: { host: 'demo.vault.localhost:8443' },
    });
    expect(answer.headers['www-authenticate']).toContain('resource="https://vault.localhost:8443"');
    const standard = await call(`/secrets?${API}`, {
      anonymous: true,
      headers: { host: 'demo.vault.azure.net' },
    });
    expect(standard.headers['www-authenticate']).toContain('resource="https://vault.azure.net"');
  });

  test('every answer has the headers that the real service was seen to send', async () => {
    const answer = await call(`/secrets?${API}`, { headers: { 'x-ms-client-request-id': 'my-id' } });
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-cache',
      'content-type': 'application/json; charset=utf-8',
      expires: '-1',
      pragma: 'no-cache',
      'strict-transport-security': 'max-age=31536000;includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-ms-keyvault-network-info': expect.stringMatching(
        /^conn_type=Ipv4;addr=.*;act_addr_fam=InterNetwork;$/,
      ),
      'x-ms-keyvault-region': expect.stringMatching(/^\w+$/),
      'x-ms-keyvault-service-version': expect.stringMatching(/^1\.9\./),
      'x-ms-keyvault-rbac-assignment-id': expect.stringMatching(/^[0-9a-f]{32}$/),
      'x-ms-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-ms-client-request-id': 'my-id',
    });
    expect(answer.headers).not.toHaveProperty('etag');
    expect((await call(`/secrets?${API}`)).headers).not.toHaveProperty('x-ms-client-request-id');
  });

  test('a token for another resource, a foreign token and an expired token are refused', async () => {
    const other = await secretCredential(emulators).getToken('https://management.azure.com/.default');
    const wrongAudience = await call(`/secrets?${API}`, {
      headers: { authorization: `Bearer ${other.token}` },
    });
    expect(wrongAudience.status).toBe(401);
    expect(errorOf(wrongAudience).message).toBe(
      'AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://management.azure.com.',
    );
    const [header, payload] = token.split('.');
    const forged = await call(`/secrets?${API}`, {
      headers: { authorization: `Bearer ${header}.${payload}.AAAA` },
    });
    expect(forged.status).toBe(401);
    expect(errorOf(forged).message).toMatch(/^AKV10046/);
    await emulators.control.setClock({ offsetSeconds: 2 * 3600 });
    const expired = await call(`/secrets?${API}`);
    expect(expired.status).toBe(401);
    expect(expired.headers['www-authenticate']).toMatch(/^Bearer authorization=/);
    expect(errorOf(expired).message).toMatch(/^\[TokenExpired\]/);
  });

  test('versions 7.4 to 2026-04-01 of the API are accepted, others and none are not', async () => {
    for (const version of ['7.4', '7.5', '7.6', '2025-07-01', '2026-04-01']) {
      expect((await call(`/secrets?api%2Dversion=${version}`)).status).toBe(200);
    }
    const unknown = await call('/secrets?api-version=7.9');
    expect(unknown.status).toBe(400);
    expect(errorOf(unknown)).toMatchObject({ code: 'BadParameter' });
    const missing = await call('/secrets');
    expect(missing.status).toBe(400);
    expect(errorOf(missing).message).toMatch(/is required/);
  });
});

describe('Key Vault secrets', () => {
  test('set makes a version each time and inherits nothing', async () => {
    const expiresOn = new Date('2030-01-01T00:00:00Z');
    const first = await client.setSecret('Mixed-Case', 'one', {
      contentType: 'text/plain',
      tags: { a: '1' },
      expiresOn,
    });
    const second = await client.setSecret('mixed-case', 'two');
    expect(first.properties.version).toMatch(/^[0-9a-f]{32}$/);
    expect(second.properties.version).not.toBe(first.properties.version);
    expect(second.properties).toMatchObject({ name: 'Mixed-Case', enabled: true });
    expect(second.properties.tags).toBeUndefined();
    expect(second.properties.contentType).toBeUndefined();
    expect(second.properties.expiresOn).toBeUndefined();
    const old = await client.getSecret('MIXED-CASE', { version: first.properties.version ?? '' });
    expect(old).toMatchObject({
      value: 'one',
      properties: { contentType: 'text/plain', tags: { a: '1' }, expiresOn },
    });
  });

  test('an answer has exactly the recorded members in their order, and whole seconds', async () => {
    const body = {
      value: 'v',
      contentType: 'c',
      tags: { t: '1' },
      attributes: { nbf: 1893456000, exp: 4102444800 },
    };
    const set = await call(`/secrets/shape?${API}`, { method: 'PUT', body });
    expect(set.status).toBe(200);
    const bundle = bodyOf(set);
    expect(Object.keys(bundle)).toEqual(['value', 'contentType', 'id', 'attributes', 'tags']);
    const members = ['enabled', 'nbf', 'exp', 'created', 'updated', 'recoveryLevel', 'recoverableDays'];
    expect(Object.keys(bundle['attributes'] as object)).toEqual(members);
    expect(bundle['attributes']).toMatchObject({
      nbf: 1893456000,
      exp: 4102444800,
      recoveryLevel: 'Recoverable+Purgeable',
      recoverableDays: 90,
    });
    const { created, updated } = bundle['attributes'] as { created: number; updated: number };
    expect(Number.isInteger(created)).toBe(true);
    expect(updated).toBe(created);
    const got = await call(`/secrets/shape/?${API}`);
    expect(got.body).toBe(set.body);
    const bare = bodyOf(
      await call(`/secrets/bare?${API}`, { method: 'PUT', body: { value: '', attributes: {} } }),
    );
    expect(Object.keys(bare)).toEqual(['value', 'id', 'attributes']);
  });

  test('update replaces the whole tag set, merges attributes one by one and answers no value', async () => {
    const { properties } = await client.setSecret('patched', 'v', {
      tags: { a: '1', b: '2' },
      contentType: 'c',
    });
    await emulators.control.setClock({ offsetSeconds: 30 });
    const tagged = await call(`/secrets/patched/?${API}`, { method: 'PATCH', body: { tags: { b: '3' } } });
    expect(bodyOf(tagged)).not.toHaveProperty('value');
    expect(bodyOf(tagged)).toMatchObject({ tags: { b: '3' }, contentType: 'c', id: properties.id });
    const { created, updated } = bodyOf(tagged)['attributes'] as { created: number; updated: number };
    expect(updated - created).toBeGreaterThanOrEqual(30);
    const version = properties.version ?? '';
    const updatedProperties = await client.updateSecretProperties('patched', version, {
      expiresOn: new Date(2e12),
    });
    expect(updatedProperties).toMatchObject({ tags: { b: '3' }, enabled: true, contentType: 'c' });
    expect((await client.updateSecretProperties('patched', version, { tags: {} })).tags).toEqual({});
    expect((await client.getSecret('patched')).value).toBe('v');
  });

  test('a disabled secret refuses its value but can be listed, updated and deleted', async () => {
    const { properties } = await client.setSecret('switched-off', 'v', { enabled: false });
    const refused = await call(`/secrets/switched-off/?${API}`);
    expect(refused.status).toBe(403);
    expect(errorOf(refused)).toEqual({
      code: 'Forbidden',
      message: 'Operation get is not allowed on a disabled secret.',
      innererror: { code: 'SecretDisabled' },
    });
    expect(await namesByPage()).toEqual([['switched-off']]);
    await client.updateSecretProperties('switched-off', properties.version ?? '', { enabled: true });
    expect((await client.getSecret('switched-off')).value).toBe('v');
  });

  test('an unknown secret and an unknown version are named in the long text', async () => {
    const missing = await call(`/secrets/absent?${API}`);
    expect(missing.status).toBe(404);
    expect(errorOf(missing)).toEqual({
      code: 'SecretNotFound',
      message:
        'A secret with (name/id) absent was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182',
    });
    await client.setSecret('present', 'v');
    const version = 'f'.repeat(32);
    expect(errorOf(await call(`/secrets/present/${version}?${API}`)).message).toContain(`present/${version}`);
    expect((await call(`/secrets/absent/versions?${API}`)).body).toBe('{"value":[],"nextLink":null}');
  });

  test('a method that a path does not have is answered 405', async () => {
    const answer = await call(`/secrets/?${API}`, { method: 'PUT', body: { value: 'v' } });
    expect(answer.status).toBe(405);
    expect(errorOf(answer)).toEqual({ code: 'MethodNotAllowed', message: 'HTTP PUT not allowed' });
  });

  test.each([
    ['a value over 25,000 bytes', 'limit', { value: `${'é'.repeat(12_500)}x` }],
    [
      'more than 15 tags',
      'limit',
      { value: 'v', tags: Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`t${n}`, ''])) },
    ],
    ['a tag value over 256 characters', 'limit', { value: 'v', tags: { t: 'x'.repeat(257) } }],
    ['a tag name over 256 characters', 'limit', { value: 'v', tags: { ['x'.repeat(257)]: 't' } }],
    ['a content type over 255 characters', 'limit', { value: 'v', contentType: 'x'.repeat(256) }],
    ['no value', 'limit', {}],
    ['a name with an underscore', 'not_allowed', { value: 'v' }],
    ['a name over 127 characters', 'x'.repeat(128), { value: 'v' }],
  ])('%s is refused as BadParameter', async (_what, name, body) => {
    const answer = await call(`/secrets/${name}?${API}`, { method: 'PUT', body });
    expect(answer.status).toBe(400);
    expect(errorOf(answer).code).toBe('BadParameter');
    expect(await namesByPage()).toEqual([[]]);
  });

  test('everything exactly at its limit is accepted', async () => {
    const tags = Object.fromEntries(
      Array.from({ length: 15 }, (_, n) => [`${n}`.padStart(256, 'x'), 'y'.repeat(256)]),
    );
    const body = { value: 'é'.repeat(12_500), tags, contentType: 'c'.repeat(255) };
    expect((await call(`/secrets/${'n'.repeat(127)}?${API}`, { method: 'PUT', body })).status).toBe(200);
  });
});

describe('Key Vault lists', () => {
  test('pages hold at most 25 items in the order of names without case, and the last one has a null nextLink', async () => {
    await setMany(52);
    await client.setSecret('LAST-in-capitals', 'v');
    const pages = await namesByPage();
    expect(pages.map((page) => page.length)).toEqual([25, 25, 3]);
    expect(pages.flat()[0]).toBe('LAST-in-capitals');
    expect(await namesByPage(20)).toHaveLength(3);
    expect((await call(`/secrets?${API}&maxresults=26`)).status).toBe(400);
    expect((await call(`/secrets?${API}&maxresults=0`)).status).toBe(400);
  });

  test('a nextLink has an explicit port, an unescaped $skiptoken and maxresults last', async () => {
    await setMany(3);
    const first = bodyOf(await call(`/secrets?${API}&maxresults=2`));
    const { port } = new URL(emulators.ready.keyVault.url);
    expect(first['nextLink']).toMatch(
      new RegExp(`^https://localhost:${port}/secrets\\?${API}&\\$skiptoken=[\\w-]+&maxresults=2$`),
    );
    const named = await call(`/secrets?${API}&maxresults=2`, { headers: { host: 'demo.vault.azure.net' } });
    expect(named.status).toBe(200);
    expect(bodyOf(named)).toEqual({ value: [], nextLink: null });
  });

  test('items have no version and no value; an item that appears meanwhile shifts nothing', async () => {
    await setMany(4);
    const first = bodyOf(await call(`/secrets?${API}&maxresults=2`)) as {
      value: { id: string }[];
      nextLink: string;
    };
    expect(first.value[0]).toEqual({
      id: `${emulators.ready.keyVault.url}/secrets/many-000`,
      attributes: expect.objectContaining({ enabled: true }),
    });
    await client.setSecret('many-0005', 'v');
    const next = new URL(first.nextLink);
    const second = bodyOf(await call(`${next.pathname}${next.search}`)) as { value: { id: string }[] };
    expect(second.value.map((item) => item.id.split('/').at(-1))).toEqual(['many-002', 'many-003']);
  });

  test('sparse pages may be empty but lead to every item', async () => {
    await setMany(20);
    await emulators.control.setKeyVault({ pages: 'sparse' });
    const pages = await namesByPage();
    expect(pages.map((page) => page.length)).toEqual([9, 0, 9, 0, 2, 0]);
    expect(new Set(pages.flat()).size).toBe(20);
  });

  test('versions are listed by their hex digits, with their ids and without values', async () => {
    for (const value of ['a', 'b', 'c', 'd', 'e']) await client.setSecret('grown', value);
    const listed = bodyOf(await call(`/secrets/grown/versions?${API}`)) as { value: { id: string }[] };
    const versions = listed.value.map((item) => item.id.split('/').at(-1) ?? '');
    expect(versions).toHaveLength(5);
    expect(versions).toEqual([...versions].sort());
    expect(listed.value[0]).not.toHaveProperty('value');
  });
});

describe('Key Vault soft delete', () => {
  async function deleted(name: string): Promise<KeyVaultSecret> {
    const secret = await client.setSecret(name, 'v', { tags: { a: '1' } });
    expect((await call(`/secrets/${name}?${API}`, { method: 'DELETE' })).status).toBe(200);
    return secret;
  }

  test('delete hides all versions, keeps the name and shows when it will be purged', async () => {
    const secret = await deleted('gone');
    const answer = bodyOf(await call(`/deletedsecrets/gone?${API}`));
    expect(Object.keys(answer).slice(0, 3)).toEqual(['recoveryId', 'deletedDate', 'scheduledPurgeDate']);
    expect(answer).toMatchObject({ id: secret.properties.id, tags: { a: '1' } });
    expect(answer['scheduledPurgeDate']).toBe(Number(answer['deletedDate']) + 90 * 86_400);
    expect(answer).not.toHaveProperty('value');
    expect((await call(`/secrets/gone?${API}`)).status).toBe(404);
    const reused = await call(`/secrets/GONE?${API}`, { method: 'PUT', body: { value: 'v' } });
    expect(reused.status).toBe(409);
    expect(errorOf(reused)).toMatchObject({
      code: 'Conflict',
      innererror: { code: 'ObjectIsDeletedButRecoverable' },
    });
    expect(await namesByPage()).toEqual([[]]);
  });

  test('the list of deleted secrets has ids without version', async () => {
    await deleted('gone');
    const listed = bodyOf(await call(`/deletedsecrets?${API}`)) as {
      value: { id: string; recoveryId: string }[];
    };
    expect(listed.value[0]?.id).toBe(`${emulators.ready.keyVault.url}/secrets/gone`);
    expect(listed.value[0]?.recoveryId).toBe(`${emulators.ready.keyVault.url}/deletedsecrets/gone`);
  });

  test('recover brings back the same version; unknown names are told apart by their texts', async () => {
    const secret = await deleted('gone');
    const poller = await client.beginRecoverDeletedSecret('gone', { intervalInMs: 1 });
    expect((await poller.pollUntilDone()).version).toBe(secret.properties.version);
    expect((await client.getSecret('gone')).value).toBe('v');
    const recover = await call(`/deletedsecrets/absent/recover?${API}`, { method: 'POST' });
    expect(errorOf(recover).message).toMatch(/^A secret with \(name\/id\) absent/);
    expect(errorOf(await call(`/deletedsecrets/absent?${API}`)).message).toBe(
      'Deleted Secret not found: absent',
    );
  });

  test('purge answers 204 without a body and frees the name', async () => {
    await deleted('gone');
    const purged = await call(`/deletedsecrets/gone?${API}`, { method: 'DELETE' });
    expect(purged).toMatchObject({ status: 204, body: '' });
    expect(purged.headers).not.toHaveProperty('content-type');
    expect(purged.headers).not.toHaveProperty('content-length');
    await client.setSecret('gone', 'again');
    const versions = bodyOf(await call(`/secrets/gone/versions?${API}`))['value'] as unknown[];
    expect(versions).toHaveLength(1);
  });
});
