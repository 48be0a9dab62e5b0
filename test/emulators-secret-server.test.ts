import { startEmulators, type Emulators } from './support/emulators';
import { askToken, callWith, rawCall, signIn, type SecretServerCalls } from './support/secret-server-calls';

let emulators: Emulators;
let server: SecretServerCalls;
let base: string;

beforeAll(async () => {
  emulators = await startEmulators({ demo: true });
  base = emulators.ready.secretServer.httpUrl;
  server = await signIn(emulators);
});
afterAll(async () => emulators.stop());

const accessDenied = { errorCode: 'API_AccessDenied', message: 'Access Denied' };
const expired = { message: 'Authentication failed or expired token.' };

async function grant(
  form: Record<string, string>,
): Promise<{ status: number; json: Record<string, unknown> }> {
  return askToken(emulators, form);
}

describe('health and version', () => {
  it.each(['/api/v1/healthcheck', '/healthcheck.aspx', '/api/v1/healthcheck?noBus=true'])(
    'answers the text Healthy to %s without a token',
    async (path) => {
      const answer = await rawCall(`${base}${path}`);
      expect([answer.status, answer.text]).toEqual([200, 'Healthy']);
    },
  );

  it('does not answer the probe of the other product', async () => {
    expect((await rawCall(`${base}/health`)).status).toBe(404);
  });

  it('tells a version that the control endpoint can set', async () => {
    expect((await server.call('GET', '/api/v1/version')).json).toEqual({ version: '11.7.000002' });
    await emulators.control.editSecretServer({ edit: 'setVersion', version: '11.2.000003' });
    expect((await server.call('GET', '/api/v1/version')).json).toEqual({ version: '11.2.000003' });
    await emulators.control.editSecretServer({ edit: 'setVersion', version: '11.7.000002' });
  });
});

describe('tokens', () => {
  it('gives a bearer token for a second less than the session', async () => {
    const { username, password } = emulators.ready.secretServer;
    const answer = await grant({ grant_type: 'password', username, password });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 1199,
      refresh_token: expect.any(String),
    });
  });

  it('refuses a wrong password and an unknown account with the same 400', async () => {
    const { username } = emulators.ready.secretServer;
    for (const account of [
      { username, password: 'wrong' },
      { username: 'nobody', password: 'wrong' },
    ]) {
      const answer = await grant({ grant_type: 'password', ...account });
      expect([answer.status, answer.json]).toEqual([400, { error: 'Login failed.' }]);
    }
  });

  it('takes the domain as a field or before a backslash', async () => {
    const made = await emulators.control.editSecretServer<{ password: string }>({
      edit: 'addAccount',
      user: 'robot',
      domain: 'corp',
    });
    const { password } = made;
    for (const form of [{ username: 'robot', domain: 'CORP' }, { username: 'corp\\robot' }]) {
      expect((await grant({ grant_type: 'password', password, ...form })).status).toBe(200);
    }
    expect((await grant({ grant_type: 'password', password, username: 'robot' })).status).toBe(400);
  });

  it('takes the credentials of a client', async () => {
    const { clientId, clientSecret } = await emulators.control.editSecretServer<{
      clientId: string;
      clientSecret: string;
    }>({ edit: 'addAccount', user: 'application' });
    const form = { grant_type: 'client_credentials', client_id: clientId };
    expect((await grant({ ...form, client_secret: clientSecret })).json['token_type']).toBe('bearer');
    expect(await grant({ ...form, client_secret: 'wrong' })).toMatchObject({ status: 400 });
  });

  it('takes a refresh token once, and three times in a row', async () => {
    const { username, password } = emulators.ready.secretServer;
    let { json } = await grant({ grant_type: 'password', username, password });
    for (let round = 0; round < 3; round++) {
      const form = { grant_type: 'refresh_token', refresh_token: String(json['refresh_token']) };
      const next = await grant(form);
      expect(next.status).toBe(200);
      expect(await grant(form)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
      json = next.json;
    }
    expect(json['refresh_token']).toBeUndefined();
  });

  it('refuses another grant and another content type', async () => {
    expect((await grant({ grant_type: 'implicit' })).json).toEqual({ error: 'unsupported_grant_type' });
    const answer = await rawCall(`${base}/oauth2/token`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(400);
  });

  it('answers 401 to a token it never gave and to none', async () => {
    const denied = { message: 'Authorization has been denied for this request.' };
    for (const answer of [
      await callWith(emulators, 'garbage', 'GET', '/api/v1/version'),
      await rawCall(`${base}/api/v1/version`),
    ]) {
      expect([answer.status, answer.json]).toEqual([401, denied]);
    }
  });

  it('answers 403 with the documented text to a token that was given back', async () => {
    const session = await signIn(emulators);
    expect((await session.call('POST', '/api/v1/oauth-expiration')).json).toBe(true);
    const answer = await session.call('GET', '/api/v1/users/current');
    expect([answer.status, answer.json]).toEqual([403, expired]);
  });

  it('answers 403 with the documented text to a token whose time is over', async () => {
    const session = await signIn(emulators);
    await emulators.control.setClock({ offsetSeconds: 1200 });
    const answer = await session.call('GET', '/api/v1/users/current');
    await emulators.control.setClock({ offsetSeconds: 0 });
    expect([answer.status, answer.json]).toEqual([403, expired]);
  });

  it('tells who the caller is', async () => {
    const { json } = await server.call('GET', '/api/v1/users/current');
    expect(json).toMatchObject({
      userName: emulators.ready.secretServer.username,
      permissions: expect.any(Array),
    });
  });
});

describe('routes', () => {
  it('serves the same below /SecretServer as at the root, in any case and with a trailing slash', async () => {
    const id = 1001;
    const paths = [`/api/v1/secrets/${id}/summary`, `/SecretServer/API/V1/Secrets/${id}/Summary/`];
    const [first, second] = await Promise.all(paths.map(async (path) => server.call('GET', path)));
    expect(first?.json).toMatchObject({ id });
    expect(second?.json).toEqual(first?.json);
  });

  it('answers 404 and 405 in the form of ASP.NET', async () => {
    const unknown = await server.call('GET', '/api/v1/nothing-here');
    const message = `No HTTP resource was found that matches the request URI '${base}/api/v1/nothing-here'.`;
    expect([unknown.status, unknown.json]).toEqual([404, { message }]);
    const wrong = await server.call('DELETE', '/api/v1/secrets/stub');
    expect([wrong.status, wrong.json]).toEqual([
      405,
      { message: "The requested resource does not support http method 'DELETE'." },
    ]);
  });

  it('refuses a query longer than the web server takes', async () => {
    expect((await server.call('GET', `/api/v1/secrets?filter.searchText=${'x'.repeat(2050)}`)).status).toBe(
      404,
    );
  });

  it('names the member of a body that does not bind', async () => {
    const answer = await server.call('POST', '/api/v1/secrets', {
      name: 'x',
      secretTemplateId: 'many',
      items: [],
    });
    expect([answer.status, answer.json]).toEqual([
      400,
      {
        message: 'The request is invalid.',
        modelState: { secretTemplateId: ['A whole number is expected.'] },
      },
    ]);
  });
});

describe('what cannot be had', () => {
  const read = async (id: number) => server.call('GET', `/api/v2/secrets/${id}`);

  it('is one answer for a secret that is unknown, deleted or forbidden', async () => {
    const { folderId } = await emulators.control.editSecretServer<{ folderId: number }>({
      edit: 'createFolder',
      path: '\\Locked',
    });
    const made = await emulators.control.editSecretServer<{ secretIds: [number, number] }>({
      edit: 'createSecrets',
      folderId,
      template: 'Web Password',
      count: 2,
    });
    const [deleted, forbidden] = made.secretIds;
    await emulators.control.editSecretServer({ edit: 'deactivate', secretId: deleted });
    expect((await read(forbidden)).status).toBe(200);
    const user = emulators.ready.secretServer.username;
    await emulators.control.editSecretServer({ edit: 'setFolderAccess', folderId, user, access: 'none' });
    for (const id of [99_999, deleted, forbidden]) {
      const answer = await read(id);
      expect([answer.status, answer.json]).toEqual([400, accessDenied]);
    }
  });

  it('can be answered with 403, as some versions do', async () => {
    await emulators.control.editSecretServer({ edit: 'setAccessDeniedStatus', status: 403 });
    const answer = await read(99_999);
    await emulators.control.editSecretServer({ edit: 'setAccessDeniedStatus', status: 400 });
    expect([answer.status, answer.json]).toEqual([403, accessDenied]);
  });

  it('is every write, and no read, in read-only mode', async () => {
    const mode = '/api/v1/configuration/read-only-mode';
    const patch = (value: boolean) => ({ data: { enabled: { dirty: true, value } } });
    expect((await server.call('PATCH', mode, patch(true))).json).toEqual({ enabled: true });
    const refused = [
      await server.call('PUT', '/api/v1/secrets/1001/fields/username', { value: 'x' }),
      await server.call('POST', '/api/v1/secrets/1001/change-password', {}),
      await server.call('DELETE', '/api/v1/secrets/1001'),
    ];
    expect(refused.map((answer) => answer.json['errorCode'])).toEqual(Array(3).fill('API_ReadOnlyMode'));
    expect((await read(1001)).status).toBe(200);
    expect((await server.call('POST', '/api/v1/secrets/1001/restricted', {})).status).toBe(200);
    expect((await server.call('PATCH', mode, patch(false))).json).toEqual({ enabled: false });
    expect((await server.call('PUT', '/api/v1/secrets/1001/fields/username', { value: 'x' })).status).toBe(
      200,
    );
  });
});
