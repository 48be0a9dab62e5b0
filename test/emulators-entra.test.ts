import { generateKeyPairSync, randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  importPKCS8,
  type JSONWebKeySet,
  jwtVerify,
  SignJWT,
} from 'jose';
import { certificateCredential, secretCredential } from './support/azure-clients';
import { type Emulators, startEmulators } from './support/emulators';
import { httpsCall } from './support/https-call';

const SCOPE = 'https://vault.azure.net/.default';
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

let emulators: Emulators;
beforeAll(async () => {
  emulators = await startEmulators();
});
afterAll(async () => emulators.stop());
beforeEach(async () => emulators.control.reset());

interface TokenAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** Posts a form to the token endpoint; members given as undefined are left out. */
async function requestToken(
  change: Record<string, string | undefined>,
  tenant = emulators.ready.entra.tenantId,
): Promise<TokenAnswer> {
  const { authority, clientId, clientSecret } = emulators.ready.entra;
  const form = new URLSearchParams();
  const standard = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: SCOPE,
  };
  for (const [name, value] of Object.entries({ ...standard, ...change }))
    if (value !== undefined) form.set(name, value);
  const answer = await httpsCall(`${authority}/${tenant}/oauth2/v2.0/token`, {
    ca: emulators.ca,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'client-request-id': 'my-correlation' },
    body: form.toString(),
  });
  return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> };
}

async function getJson(route: string): Promise<Record<string, unknown>> {
  const answer = await httpsCall(`${emulators.ready.entra.authority}${route}`, { ca: emulators.ca });
  expect(answer.status).toBe(200);
  return JSON.parse(answer.body) as Record<string, unknown>;
}

interface AssertionChange {
  algorithm?: string;
  header?: Record<string, string>;
  audience?: string;
  issuer?: string;
  subject?: string;
  expires?: string;
  keyPem?: string;
}

/** A client assertion by the registered certificate, as MSAL makes it, with changes. */
async function assertion(change: AssertionChange = {}): Promise<string> {
  const { authority, tenantId, clientId, certificatePath } = emulators.ready.entra;
  const pem = readFileSync(certificatePath, 'utf8');
  const { algorithm = 'PS256', issuer = clientId, expires = '10m' } = change;
  const key = await importPKCS8(
    change.keyPem ?? pem.slice(pem.indexOf('-----BEGIN PRIVATE KEY-----')),
    algorithm,
  );
  return new SignJWT({})
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(change.header ?? thumbprint('sha256')) })
    .setAudience(change.audience ?? `${authority}/${tenantId}/oauth2/v2.0/token`)
    .setIssuer(issuer)
    .setSubject(change.subject ?? clientId)
    .setJti(randomUUID())
    .setIssuedAt()
    .setNotBefore('-1m')
    .setExpirationTime(expires)
    .sign(key);
}

function thumbprint(digest: 'sha1' | 'sha256'): Record<string, string> {
  const certificate = new X509Certificate(readFileSync(emulators.ready.entra.certificatePath));
  const hex = digest === 'sha1' ? certificate.fingerprint : certificate.fingerprint256;
  const encoded = Buffer.from(hex.replaceAll(':', ''), 'hex').toString('base64url');
  return digest === 'sha1' ? { x5t: encoded } : { 'x5t#S256': encoded };
}

const byAssertion = async (change?: AssertionChange) =>
  requestToken({
    client_secret: undefined,
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: await assertion(change),
  });

describe('Entra tokens', () => {
  test('a client secret gives a token that the published keys verify, with the claims of a v1 token', async () => {
    const { token } = await secretCredential(emulators).getToken(SCOPE);
    const { tenantId, clientId } = emulators.ready.entra;
    const keys = (await getJson(`/${tenantId}/discovery/v2.0/keys`)) as unknown as JSONWebKeySet;
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keys), {
      issuer: `https://sts.windows.net/${tenantId}/`,
      audience: 'https://vault.azure.net',
    });
    expect(protectedHeader).toMatchObject({ alg: 'RS256', typ: 'JWT', kid: keys.keys[0]?.kid });
    expect(payload).toMatchObject({
      appid: clientId,
      appidacr: '1',
      tid: tenantId,
      ver: '1.0',
      idtyp: 'app',
    });
    expect(payload['oid']).toBe(payload.sub);
    expect(payload['oid']).not.toBe(clientId);
    // Valid from five minutes before it is issued, for an hour.
    expect(Number(payload.exp) - Number(payload.nbf)).toBe(3900);
  });

  test('a client certificate gives a token that says so', async () => {
    const { token } = await certificateCredential(emulators).getToken(SCOPE);
    expect(decodeJwt(token)).toMatchObject({ appidacr: '2', aud: 'https://vault.azure.net' });
  });

  test('an assertion may be signed PS256 or RS256 and name its certificate by either thumbprint', async () => {
    const answers = await Promise.all([
      byAssertion({ header: thumbprint('sha256') }),
      byAssertion({ header: thumbprint('sha1') }),
      byAssertion({ algorithm: 'RS256' }),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
    expect(answers[0]?.body).toMatchObject({ token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599 });
  });

  test('the audience is the resource of the scope', async () => {
    const { body } = await requestToken({ scope: 'https://management.azure.com//.default' });
    expect(decodeJwt(String(body['access_token'])).aud).toBe('https://management.azure.com/');
    expect(decodeProtectedHeader(String(body['access_token'])).alg).toBe('RS256');
  });

  test('tokens follow the clock of the stand-ins', async () => {
    await emulators.control.setClock({ offsetSeconds: 86_400 });
    const { body } = await requestToken({});
    expect(decodeJwt(String(body['access_token'])).exp).toBeGreaterThan(Date.now() / 1000 + 86_400);
  });
});

describe('Entra refusals', () => {
  const unknown = randomUUID();

  test.each<[string, number, string, number, Record<string, string | undefined>]>([
    ['a wrong secret', 401, 'invalid_client', 7000215, { client_secret: 'wrong' }],
    ['no credential', 401, 'invalid_client', 7000218, { client_secret: undefined }],
    ['an unknown app', 400, 'unauthorized_client', 700016, { client_id: unknown }],
    ['a missing parameter', 400, 'invalid_request', 900144, { grant_type: undefined }],
    ['another grant', 400, 'unsupported_grant_type', 70003, { grant_type: 'password' }],
    [
      'a scope that is not /.default',
      400,
      'invalid_scope',
      1002012,
      { scope: 'https://vault.azure.net/user' },
    ],
  ])('%s is refused with its AADSTS number', async (_what, status, error, number, change) => {
    const answer = await requestToken(change);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      error,
      error_codes: [number],
      correlation_id: 'my-correlation',
      error_uri: `${emulators.ready.entra.authority}/error?code=${number}`,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/),
    });
    expect(answer.body['error_description']).toMatch(
      new RegExp(`^AADSTS${number}: .* Trace ID: [\\w-]+ Correlation ID: my-correlation Timestamp: .*Z$`),
    );
  });

  test('an unknown tenant is refused at the token endpoint and at discovery', async () => {
    const answer = await requestToken({}, unknown);
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request', error_codes: [90002] } });
    const url = `${emulators.ready.entra.authority}/${unknown}/v2.0/.well-known/openid-configuration`;
    expect((await httpsCall(url, { ca: emulators.ca })).status).toBe(400);
  });

  test.each<[string, number, () => AssertionChange]>([
    ['expired', 700024, () => ({ expires: '-10m' })],
    ['for another audience', 700023, () => ({ audience: 'https://login.example.com/token' })],
    ['issued by another app', 700021, () => ({ issuer: randomUUID() })],
    ['about another app', 700021, () => ({ subject: randomUUID() })],
    ['by a certificate that is not registered', 700027, () => ({ header: { 'x5t#S256': 'AAAA' } })],
    ['by another key', 700027, () => ({ keyPem: otherKey() })],
    ['without a thumbprint', 50027, () => ({ header: {} })],
    ['with another algorithm', 50027, () => ({ algorithm: 'RS512' })],
  ])('an assertion that is %s is refused with its AADSTS number', async (_what, number, change) => {
    const answer = await byAssertion(change());
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client', error_codes: [number] } });
  });

  test('the official client reports the refusal of a wrong secret and of a foreign certificate', async () => {
    const wrong = await secretCredential(emulators, { secret: 'wrong' }).getToken(SCOPE).catch(String);
    expect(wrong).toContain('AADSTS7000215');
    const foreign = path.join(emulators.dataDirectory, 'foreign.pem');
    const pem = readFileSync(emulators.ready.entra.certificatePath, 'utf8');
    writeFileSync(foreign, `${pem.slice(0, pem.indexOf('-----BEGIN PRIVATE KEY-----'))}${otherKey()}`);
    expect(await certificateCredential(emulators, foreign).getToken(SCOPE).catch(String)).toContain(
      'AADSTS700027',
    );
  });
});

describe('Entra discovery', () => {
  test('the discovery document names this authority', async () => {
    const { authority, tenantId } = emulators.ready.entra;
    expect(await getJson(`/${tenantId}/v2.0/.well-known/openid-configuration`)).toMatchObject({
      issuer: `${authority}/${tenantId}/v2.0`,
      token_endpoint: `${authority}/${tenantId}/oauth2/v2.0/token`,
      jwks_uri: `${authority}/${tenantId}/discovery/v2.0/keys`,
    });
  });

  test('instance discovery knows the host it is asked on', async () => {
    const { authority, tenantId } = emulators.ready.entra;
    const endpoint = encodeURIComponent(`${authority}/${tenantId}/oauth2/v2.0/authorize`);
    const found = await getJson(
      `/common/discovery/instance?api-version=1.1&authorization_endpoint=${endpoint}`,
    );
    const { host } = new URL(authority);
    expect(found['tenant_discovery_endpoint']).toBe(
      `${authority}/${tenantId}/v2.0/.well-known/openid-configuration`,
    );
    expect(found['metadata']).toEqual([{ preferred_network: host, preferred_cache: host, aliases: [host] }]);
  });

  test('calls are counted as discovery, keys and token', async () => {
    await secretCredential(emulators).getToken(SCOPE);
    await getJson(`/${emulators.ready.entra.tenantId}/discovery/v2.0/keys`);
    const { calls } = await emulators.control.stats();
    expect(calls).toEqual([
      { service: 'entra', operation: 'discovery', status: 200, count: 1 },
      { service: 'entra', operation: 'keys', status: 200, count: 1 },
      { service: 'entra', operation: 'token', status: 200, count: 1 },
    ]);
  });
});

function otherKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
