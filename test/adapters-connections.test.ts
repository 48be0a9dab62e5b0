import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openConnections, type ConnectorEndpoints } from '../adapters/connections';
import { resolveCredential } from '../adapters/credentials';
import { withCallCounts } from '../adapters/http/call-counts';
import { readNewest } from '../adapters/key-vault/secrets/reader';
import { serverVersion } from '../adapters/secret-server/server';
import type { CredentialReference } from '../domain/connectors';
import type { ErrorCode } from '../domain/errors/catalogue';
import { clientPem } from './support/client-pem';
import { secretServerOn } from './support/adapter-settings';
import { emulatedVault } from './support/emulator-connection';
import { startEmulators, type Emulators } from './support/emulators';
import { ManualBudget } from './support/manual-budget';

const baseDirectory = mkdtempSync(path.join(tmpdir(), 'ssakv-credentials-'));
afterAll(() => rmSync(baseDirectory, { recursive: true }));
const put = (name: string, text: string) => writeFileSync(path.join(baseDirectory, name), text);

describe('credentials by reference', () => {
  it('reads a file below the folder of the settings, without the line feed at its end', async () => {
    put('secret.txt', 'a secret \n');
    await expect(resolveCredential({ kind: 'file', path: 'secret.txt' }, { baseDirectory })).resolves.toEqual(
      { kind: 'text', text: 'a secret ' },
    );
  });

  it('reads a variable', async () => {
    process.env['SSAKV_TEST_CREDENTIAL'] = 'from the environment';
    await expect(
      resolveCredential({ kind: 'env', name: 'SSAKV_TEST_CREDENTIAL' }, { baseDirectory }),
    ).resolves.toEqual({ kind: 'text', text: 'from the environment' });
  });

  it('keeps a certificate as a path, after a look at what is in it', async () => {
    put('client.pem', await clientPem({ validDays: 10 }));
    await expect(
      resolveCredential({ kind: 'certificate', path: 'client.pem' }, { baseDirectory }),
    ).resolves.toEqual({
      kind: 'pemFile',
      path: path.join(baseDirectory, 'client.pem'),
    });
  });

  it('passes identities of the machine through', async () => {
    const managed = { kind: 'managedIdentity', clientId: 'c' } as const;
    await expect(resolveCredential(managed, { baseDirectory })).resolves.toEqual(managed);
    await expect(resolveCredential({ kind: 'managedIdentity' }, { baseDirectory })).resolves.toEqual({
      kind: 'managedIdentity',
    });
    await expect(resolveCredential({ kind: 'workloadIdentity' }, { baseDirectory })).resolves.toEqual({
      kind: 'workloadIdentity',
    });
  });

  const broken: [string, CredentialReference, ErrorCode][] = [
    ['a missing file', { kind: 'file', path: 'missing.txt' }, 'CredentialFileUnreadable'],
    ['an empty file', { kind: 'file', path: 'empty.txt' }, 'CredentialEmpty'],
    ['a missing variable', { kind: 'env', name: 'SSAKV_TEST_NOT_SET' }, 'CredentialVariableMissing'],
    ['a missing certificate', { kind: 'certificate', path: 'missing.pem' }, 'CredentialFileUnreadable'],
    [
      'a certificate without its key',
      { kind: 'certificate', path: 'half.pem' },
      'CredentialCertificateUnusable',
    ],
    [
      'a certificate with another key',
      { kind: 'certificate', path: 'mixed.pem' },
      'CredentialCertificateUnusable',
    ],
    [
      'a secret of Secret Server where there is none yet',
      { kind: 'secretServerSecret', secretId: 1 },
      'CredentialNotUsable',
    ],
  ];
  it.each(broken)('names %s', async (_, reference, code) => {
    put('empty.txt', '\n');
    const [one, other] = [await clientPem({ validDays: 10 }), await clientPem({ validDays: 10 })];
    const key = other.slice(other.indexOf('-----BEGIN PRIVATE'));
    put('half.pem', one.slice(0, one.indexOf('-----BEGIN PRIVATE')));
    put('mixed.pem', one.slice(0, one.indexOf('-----BEGIN PRIVATE')) + key);
    await expect(resolveCredential(reference, { baseDirectory })).rejects.toMatchObject({
      name: 'SsakvError',
      code,
      retryable: false,
    });
  });
});

describe('the connections of a connector', () => {
  let emulators: Emulators;
  beforeAll(async () => void (emulators = await startEmulators()));
  afterAll(async () => emulators.stop());
  beforeEach(async () => {
    await emulators.control.reset();
    put('vault.txt', emulators.ready.entra.clientSecret);
    put('server.txt', emulators.ready.secretServer.password);
  });

  const settings = (change: { credential?: CredentialReference } = {}): ConnectorEndpoints => {
    const { url, username } = emulators.ready.secretServer;
    const vault = emulatedVault(emulators, {
      credential: change.credential ?? { kind: 'file', path: 'vault.txt' },
    });
    const secretServer = secretServerOn(url, emulators.ready.caFile, {
      username,
      credential: { kind: 'file', path: 'server.txt' },
    });
    return { vault, secretServer };
  };
  const open = (connector: ConnectorEndpoints) =>
    openConnections(connector, { baseDirectory, requestTimeoutMs: 20_000 });

  it('reaches both sides', async () => {
    const { keyVault, secretServer, entra } = await open(settings());
    await expect(readNewest(keyVault, 'x')).resolves.toEqual({ kind: 'absent' });
    await expect(serverVersion(secretServer)).resolves.toMatch(/^11/);
    await expect(entra.getToken('https://vault.azure.net/.default')).resolves.toMatchObject({
      token: expect.any(String),
    });
  });

  it('keeps one connection per vault and server for all who ask', async () => {
    const first = await open(settings());
    const second = await open(settings());
    expect(second.keyVault.pipeline).toBe(first.keyVault.pipeline);
    expect(second.secretServer).toBe(first.secretServer);
    await readNewest(first.keyVault, 'x');
    const { calls } = await withCallCounts(() => readNewest(second.keyVault, 'x'));
    expect(calls).toEqual({ 'keyVault.get': 1 });
  });

  it("spends each caller's own budget", async () => {
    const [mine, theirs] = [new ManualBudget(), new ManualBudget()];
    const context = { baseDirectory, requestTimeoutMs: 20_000 };
    const first = await openConnections(settings(), { ...context, spend: mine.spend });
    await openConnections(settings(), { ...context, spend: theirs.spend });
    await readNewest(first.keyVault, 'x');
    expect(mine.spent.length).toBeGreaterThan(0);
    expect(theirs.spent).toEqual([]);
  });

  it('uses a credential file that was replaced', async () => {
    put('vault.txt', 'a wrong secret');
    const wrong = await open(settings());
    await expect(readNewest(wrong.keyVault, 'x')).rejects.toMatchObject({ code: 'EntraWrongSecret' });
    put('vault.txt', emulators.ready.entra.clientSecret);
    const right = await open(settings());
    await expect(readNewest(right.keyVault, 'x')).resolves.toEqual({ kind: 'absent' });
  });

  it('signs in with a secret of Secret Server, and reads it anew after Entra refused it', async () => {
    const { clientId, tenantId, clientSecret } = emulators.ready.entra;
    const { control } = emulators;
    const { folderId } = await control.editSecretServer<{ folderId: number }>({
      edit: 'createFolder',
      path: 'Credentials',
    });
    const fields = { 'client-id': clientId, 'client-secret': 'the old one', 'tenant-id': tenantId };
    const template = 'Azure Application Registration';
    const { secretId } = await control.editSecretServer<{ secretId: number }>({
      edit: 'createSecret',
      folderId,
      template,
      name: 'app',
      fields,
    });
    const connector = settings({ credential: { kind: 'secretServerSecret', secretId } });
    await expect(readNewest((await open(connector)).keyVault, 'x')).rejects.toMatchObject({
      code: 'EntraWrongSecret',
    });
    await control.editSecretServer({
      edit: 'setFields',
      secretId,
      fields: { 'client-secret': clientSecret },
    });
    await expect(readNewest((await open(connector)).keyVault, 'x')).resolves.toEqual({ kind: 'absent' });
    const { calls } = await withCallCounts(() => open(connector));
    expect(calls).toEqual({});
  });

  it('names a secret that cannot serve as a credential', async () => {
    const { folderId } = await emulators.control.editSecretServer<{ folderId: number }>({
      edit: 'createFolder',
      path: 'Credentials',
    });
    const fields = { machine: 'm', username: 'u', password: 'p', 'private-key-passphrase': 'q' };
    const secret = { edit: 'createSecret', folderId, template: 'Unix Account (SSH)', fields } as const;
    // Another id than that of any credential that was read before and is kept.
    await emulators.control.editSecretServer({ ...secret, name: 'filler' });
    const { secretId } = await emulators.control.editSecretServer<{ secretId: number }>({
      ...secret,
      name: 'two passwords',
    });
    const unclear = settings({ credential: { kind: 'secretServerSecret', secretId } });
    await expect(open(unclear)).rejects.toMatchObject({ code: 'CredentialSecretUnclear' });
    const connector = settings({ credential: { kind: 'secretServerSecret', secretId: 424_242 } });
    await expect(open(connector)).rejects.toMatchObject({
      code: 'CredentialSecretUnclear',
      message: expect.stringContaining('424242'),
    });
  });
});
