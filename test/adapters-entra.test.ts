import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AuthMethod, VaultSettings } from '../domain/connectors';
import type { ErrorCode } from '../domain/errors/catalogue';
import type { ResolvedCredential } from '../adapters/credentials';
import { entraCredential } from '../adapters/entra/credential';
import { withCallCounts } from '../adapters/http/call-counts';
import { readNewest } from '../adapters/key-vault/secrets/reader';
import { openKeyVaultSecrets } from '../adapters/key-vault/secrets/client';
import { clientPem } from './support/client-pem';
import { authorityMetadata, tenantId, vaultOn } from './support/adapter-settings';
import { emulatedVault } from './support/emulator-connection';
import { startEmulators, type Emulators } from './support/emulators';
import { startOddServer, type OddReply, type OddServer } from './support/odd-server';

const scope = 'https://vault.azure.net/.default';
const directory = mkdtempSync(path.join(tmpdir(), 'ssakv-entra-'));
afterAll(() => rmSync(directory, { recursive: true }));

function pemFile(name: string, text: string): ResolvedCredential {
  const file = path.join(directory, name);
  writeFileSync(file, text);
  return { kind: 'pemFile', path: file };
}

describe('signing in to the Entra stand-in', () => {
  let emulators: Emulators;
  let vault: VaultSettings;
  beforeAll(async () => {
    emulators = await startEmulators();
    vault = emulatedVault(emulators);
  });
  afterAll(async () => emulators.stop());

  const secret = (text: string): ResolvedCredential => ({ kind: 'text', text });
  const signIn = (settings: VaultSettings, resolved: ResolvedCredential) =>
    entraCredential(settings, resolved).getToken(scope);

  it('yields a token for the right secret and for the registered certificate', async () => {
    const { clientSecret, certificatePath } = emulators.ready.entra;
    await expect(signIn(vault, secret(clientSecret))).resolves.toMatchObject({ token: expect.any(String) });
    const certificate = { ...vault, authMethod: 'Certificate' as const };
    await expect(signIn(certificate, { kind: 'pemFile', path: certificatePath })).resolves.toMatchObject({
      token: expect.any(String),
    });
  });

  it('asks Entra once for an identity, whoever uses it', async () => {
    const resolved = secret(emulators.ready.entra.clientSecret);
    const other = { ...vault, clientId: vault.clientId, url: 'https://other.localhost' };
    expect(entraCredential(other, resolved)).toBe(entraCredential(vault, resolved));
    await signIn(vault, resolved);
    const { calls } = await withCallCounts(() => signIn(other, resolved));
    expect(calls).toEqual({});
  });

  const wrong: [string, Partial<VaultSettings>, ErrorCode][] = [
    ['a wrong secret', {}, 'EntraWrongSecret'],
    [
      'an unknown application',
      { clientId: '00000000-0000-4000-8000-000000000001' },
      'EntraUnknownApplication',
    ],
    ['another tenant', { tenantId: '00000000-0000-4000-8000-000000000002' }, 'EntraWrongTenant'],
  ];
  it.each(wrong)('names %s', async (_, change, code) => {
    await expect(signIn({ ...vault, ...change }, secret('not-the-secret'))).rejects.toMatchObject({
      name: 'SsakvError',
      code,
      retryable: false,
    });
  });

  it('names a certificate that is not registered, and one that has expired', async () => {
    const certificate = { ...vault, authMethod: 'Certificate' as const };
    const stranger = pemFile('stranger.pem', await clientPem({ validDays: 30 }));
    await expect(signIn(certificate, stranger)).rejects.toMatchObject({
      code: 'EntraCertificateNotRegistered',
    });
    const expired = pemFile('expired.pem', await clientPem({ validDays: -1 }));
    await expect(signIn(certificate, expired)).rejects.toMatchObject({ code: 'EntraCredentialExpired' });
  });

  it('names a certificate file that vanished after the start', async () => {
    const certificate = { ...vault, authMethod: 'Certificate' as const };
    const missing: ResolvedCredential = { kind: 'pemFile', path: path.join(directory, 'vanished.pem') };
    await expect(signIn(certificate, missing)).rejects.toMatchObject({
      code: 'CredentialCertificateUnusable',
    });
  });

  it('reaches through a call to Key Vault unchanged', async () => {
    const connection = openKeyVaultSecrets(vault, entraCredential(vault, secret('wrong again')), {
      requestTimeoutMs: 10_000,
    });
    await expect(readNewest(connection, 'x')).rejects.toMatchObject({ code: 'EntraWrongSecret' });
  });

  it('refuses to sign in for a vault of another tenant', async () => {
    const credential = entraCredential(vault, secret(emulators.ready.entra.clientSecret));
    await expect(credential.getToken(scope, { tenantId })).rejects.toMatchObject({
      code: 'VaultInOtherTenant',
    });
  });
});

describe('signing in to an authority in trouble', () => {
  let server: OddServer;
  beforeAll(async () => void (server = await startOddServer()));
  afterAll(async () => server.stop());

  let unique = 0;
  const signIn = (change: Partial<VaultSettings> = {}, requestTimeoutMs = 20_000) => {
    unique += 1;
    const vault = vaultOn(server.url, server.caFile, change);
    return entraCredential(vault, { kind: 'text', text: `secret-${unique}` }, { requestTimeoutMs }).getToken(
      scope,
    );
  };
  const metadata = () => authorityMetadata(server.url);
  const oauthError = (number: number, error = 'invalid_client'): OddReply => ({
    status: 401,
    body: { error, error_description: `AADSTS${number}: words`, error_codes: [number] },
  });
  const answers: [string, OddReply, ErrorCode, boolean][] = [
    ['AADSTS7000222', oauthError(7000222), 'EntraCredentialExpired', false],
    ['AADSTS7000112', oauthError(7000112), 'EntraApplicationDisabled', false],
    ['AADSTS700024', oauthError(700024), 'EntraClockSkew', true],
    ['AADSTS700213', oauthError(700213), 'EntraFederationNotMatched', false],
    ['an unknown number', oauthError(53003, 'access_denied'), 'EntraRefused', false],
    [
      'invalid_client without a number',
      { status: 401, body: { error: 'invalid_client' } },
      'EntraWrongSecret',
      false,
    ],
    [
      '429',
      { status: 429, headers: { 'retry-after': '5' }, body: { error: 'too_many' } },
      'EntraThrottled',
      true,
    ],
    ['500', { status: 500, body: '<html>' }, 'EntraUnavailable', true],
    ['a web page with status 200', { status: 200, body: '<html>Sign in</html>' }, 'EntraUnavailable', true],
    ['a cut connection', 'cut', 'EntraUnreachable', true],
    ['silence', 'hang', 'EntraUnreachable', true],
    ['silence in the middle of the answer', 'hangBody', 'EntraUnreachable', true],
  ];
  it.each(answers)('classifies %s', async (_, reply, code, retryable) => {
    server.script((request) => (request.method === 'GET' ? metadata() : reply));
    const outcome = signIn({}, reply === 'hang' || reply === 'hangBody' ? 500 : 20_000);
    await expect(outcome).rejects.toMatchObject({ name: 'SsakvError', code, retryable });
    expect(server.requests.filter((request) => request.method === 'POST')).toHaveLength(1);
  });

  it('carries the wait that a 429 asks for', async () => {
    server.script((request) =>
      request.method === 'GET'
        ? metadata()
        : { status: 429, headers: { 'retry-after': '5' }, body: { error: 'x' } },
    );
    await expect(signIn()).rejects.toMatchObject({ retryAfterMs: 5000 });
  });

  it('shows the AADSTS number and none of the words of the answer', async () => {
    server.script((request) => (request.method === 'GET' ? metadata() : oauthError(53003)));
    const error = String(await signIn().catch((thrown: unknown) => thrown));
    expect(error).toContain('AADSTS53003');
    expect(error).not.toContain('words');
  });

  it('tells an authority that is not there from one that is not trusted', async () => {
    const { cloud } = vaultOn(server.url, server.caFile);
    await expect(signIn({ cloud: { ...cloud, authority: 'https://127.0.0.1:1' } })).rejects.toMatchObject({
      code: 'EntraUnreachable',
    });
    const { caFile: _, ...untrusting } = vaultOn(server.url, server.caFile);
    const credential = entraCredential(untrusting, { kind: 'text', text: 'untrusting' });
    await expect(credential.getToken(scope)).rejects.toMatchObject({ code: 'EntraUntrusted' });
  });

  const unfit: [AuthMethod, ResolvedCredential][] = [
    ['ClientSecret', { kind: 'managedIdentity' }],
    ['Certificate', { kind: 'workloadIdentity' }],
    ['ManagedIdentity', { kind: 'text', text: 'x' }],
    ['WorkloadIdentity', { kind: 'text', text: 'x' }],
  ];
  it.each(unfit)('refuses a credential that does not fit %s', (authMethod, resolved) => {
    const vault = vaultOn(server.url, server.caFile, { authMethod });
    expect(() => entraCredential(vault, resolved)).toThrow(
      expect.objectContaining({ code: 'CredentialNotUsable' }),
    );
  });

  it('signs in by the federated token of the workload, and says so where there is none', async () => {
    const vault = vaultOn(server.url, server.caFile, { authMethod: 'WorkloadIdentity' });
    delete process.env['AZURE_FEDERATED_TOKEN_FILE'];
    expect(() => entraCredential(vault, { kind: 'workloadIdentity' })).toThrow(
      expect.objectContaining({ code: 'WorkloadIdentityUnavailable' }),
    );
    const file = path.join(directory, 'token');
    writeFileSync(file, 'federated.jwt.text');
    process.env['AZURE_FEDERATED_TOKEN_FILE'] = file;
    server.script((request) =>
      request.method === 'GET'
        ? metadata()
        : { status: 200, body: { access_token: 't', expires_in: 3600, token_type: 'Bearer' } },
    );
    await expect(entraCredential(vault, { kind: 'workloadIdentity' }).getToken(scope)).resolves.toMatchObject(
      { token: 't' },
    );
    expect(server.requests.find((request) => request.method === 'POST')?.body).toContain(
      'federated.jwt.text',
    );
    delete process.env['AZURE_FEDERATED_TOKEN_FILE'];
  });

  it('says so when the machine has no managed identity', async () => {
    process.env['IDENTITY_ENDPOINT'] = 'http://127.0.0.1:1/msi';
    process.env['IDENTITY_HEADER'] = 'x';
    const vault = vaultOn(server.url, server.caFile, { authMethod: 'ManagedIdentity' });
    const credential = entraCredential(vault, { kind: 'managedIdentity' });
    await expect(credential.getToken(scope)).rejects.toMatchObject({
      code: 'ManagedIdentityUnavailable',
      retryable: true,
    });
    delete process.env['IDENTITY_ENDPOINT'];
    delete process.env['IDENTITY_HEADER'];
  });
});
