import { ManualBudget } from './support/manual-budget';
import { openConnectionToEmulator } from './support/emulator-connection';
import { startEmulators, type Emulators } from './support/emulators';
import { secretClient } from './support/azure-clients';
import type { ErrorCode } from '../domain/errors/catalogue';
import { SsakvError } from '../domain/errors/ssakv-error';
import type { KeyVaultSecretsConnection } from '../adapters/key-vault/secrets/client';
import {
  listDeleted,
  listExternalSecrets,
  listVersions,
  readDeleted,
  readNewest,
  readVersion,
} from '../adapters/key-vault/secrets/reader';
import { setSecret, updateTags } from '../adapters/key-vault/secrets/writer';
import { challenged, odd, vaultOn } from './support/adapter-settings';
import { startOddServer, type OddReply, type OddServer } from './support/odd-server';

async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[][]> {
  const all: T[][] = [];
  for await (const page of pages) all.push([...page]);
  return all;
}

const write = (name: string, change = {}) => ({
  name,
  value: '{"password":"p"}',
  tags: {},
  enabled: true,
  ...change,
});

describe('Key Vault secrets against the stand-in', () => {
  let emulators: Emulators;
  let connection: KeyVaultSecretsConnection;
  beforeAll(async () => {
    emulators = await startEmulators();
    connection = openConnectionToEmulator(emulators);
  });
  afterAll(async () => emulators.stop());
  beforeEach(async () => {
    await emulators.control.reset();
    connection = openConnectionToEmulator(emulators);
  });

  it('writes a version with everything it carries and reads the same back', async () => {
    const request = write('full', {
      contentType: 'application/json',
      tags: { 'ss-managed': 'true', 'cost-center': 'x' },
      expiresSeconds: 1_900_000_000,
      notBeforeSeconds: 1_700_000_000,
    });
    const written = await setSecret(connection, request);
    const read = await readNewest(connection, 'full');
    if (written.kind !== 'written' || read.kind !== 'present') throw new Error('not there');
    const { name: _, enabled: __, ...carried } = request;
    expect(read).toMatchObject({ ...carried, version: written.version, managed: false });
    expect(read.updatedSeconds).toBe(written.updatedSeconds);
  });

  it('keeps dates after 2038-01-19, which the SDK would send as negative numbers', async () => {
    const in2040 = 2_208_988_800;
    await setSecret(connection, write('far', { expiresSeconds: in2040, notBeforeSeconds: in2040 - 1 }));
    const other = await secretClient(emulators).getSecret('far');
    expect(other.properties.expiresOn).toEqual(new Date('2040-01-01T00:00:00Z'));
    await expect(readNewest(connection, 'far')).resolves.toMatchObject({
      expiresSeconds: in2040,
      notBeforeSeconds: in2040 - 1,
    });
  });

  it('tells present, disabled and absent apart', async () => {
    await setSecret(connection, write('off', { enabled: false }));
    await expect(readNewest(connection, 'off')).resolves.toEqual({ kind: 'disabled' });
    await expect(readNewest(connection, 'never')).resolves.toEqual({ kind: 'absent' });
  });

  it('reads an older version beside the newest', async () => {
    const first = await setSecret(connection, write('twice', { value: 'first' }));
    await setSecret(connection, write('twice', { value: 'second' }));
    if (first.kind !== 'written') throw new Error('not written');
    const { version } = first;
    await expect(readVersion(connection, 'twice', version)).resolves.toMatchObject({
      value: 'first',
      version,
    });
    await expect(readNewest(connection, 'twice')).resolves.toMatchObject({ value: 'second' });
  });

  it.each(['full', 'sparse'] as const)('lists every secret exactly once with %s pages', async (pages) => {
    await emulators.control.setKeyVault({ pages });
    for (let index = 0; index < 30; index += 1)
      await setSecret(connection, write(`many-${index}`, { tags: { n: `${index}` } }));
    const found = await collect(listExternalSecrets(connection, 7));
    const rows = found.flat();
    expect(rows.map((row) => row.name).sort()).toEqual(
      Array.from({ length: 30 }, (_, index) => `many-${index}`).sort(),
    );
    expect(rows.every((row) => row.tags['n'] === row.name.slice(5) && row.enabled && !row.managed)).toBe(
      true,
    );
    expect(found.length).toBeGreaterThanOrEqual(5);
  });

  it('lists all versions over all pages, and none of an unknown name', async () => {
    for (let index = 0; index < 27; index += 1) await setSecret(connection, write('deep'));
    expect(new Set((await listVersions(connection, 'deep')).map((version) => version.version)).size).toBe(27);
    await expect(listVersions(connection, 'unknown')).resolves.toEqual([]);
  });

  it('replaces the tags of one version without making another or changing its dates', async () => {
    const written = await setSecret(
      connection,
      write('tagged', { tags: { old: '1' }, expiresSeconds: 1_900_000_000 }),
    );
    if (written.kind !== 'written') throw new Error('not written');
    await expect(updateTags(connection, 'tagged', written.version, { fresh: '2' })).resolves.toMatchObject({
      kind: 'updated',
    });
    await expect(readNewest(connection, 'tagged')).resolves.toMatchObject({
      version: written.version,
      tags: { fresh: '2' },
      expiresSeconds: 1_900_000_000,
    });
  });

  it('finds a deleted secret and is refused its name', async () => {
    await setSecret(connection, write('gone', { tags: { 'ss-managed': 'true' } }));
    const poller = await secretClient(emulators).beginDeleteSecret('gone', { intervalInMs: 20 });
    await poller.pollUntilDone();
    await expect(readDeleted(connection, 'gone')).resolves.toEqual({
      kind: 'softDeleted',
      tags: { 'ss-managed': 'true' },
    });
    await expect(readDeleted(connection, 'other')).resolves.toEqual({ kind: 'absent' });
    expect((await collect(listDeleted(connection))).flat()).toEqual([
      { name: 'gone', tags: { 'ss-managed': 'true' } },
    ]);
    await expect(setSecret(connection, write('gone'))).resolves.toMatchObject({
      kind: 'refused',
      error: { code: 'KeyVaultNameSoftDeleted', retryable: false },
    });
  });

  it('is refused what breaks a limit, as data', async () => {
    const tags = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`t${index}`, 'x']));
    await expect(setSecret(connection, write('tags', { tags }))).resolves.toMatchObject({
      kind: 'refused',
      error: { code: 'KeyVaultBadParameter', retryable: false },
    });
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)('calls a PUT unknown that was cut %s its effect', async (when, versions) => {
    await readNewest(connection, 'cut');
    await emulators.control.addFault({
      match: { service: 'keyVault', method: 'PUT' },
      effect: { kind: 'cut', when },
    });
    await expect(setSecret(connection, write('cut'))).resolves.toMatchObject({
      kind: 'unknown',
      error: { code: 'KeyVaultConnectionLost', retryable: true },
    });
    await expect(listVersions(connection, 'cut')).resolves.toHaveLength(versions);
  });

  it('pays for every call, the probe for the challenge included, and a create only for the PUT itself', async () => {
    const budget = new ManualBudget();
    const paid = openConnectionToEmulator(emulators, { spend: budget.spend });
    await setSecret(paid, write('paid'));
    await readNewest(paid, 'paid');
    expect(budget.spent).toEqual(['other', 'create', 'other']);
    expect(budget.spent).toHaveLength(await emulators.control.count('keyVault'));
  });
});

describe('Key Vault answers that only a real day brings', () => {
  let server: OddServer;
  beforeAll(async () => void (server = await startOddServer()));
  afterAll(async () => server.stop());

  const refusal = (inner?: string) => ({
    error: {
      code: 'Some',
      message: 'text that must not matter',
      ...(inner === undefined ? {} : { innererror: { code: inner } }),
    },
  });
  const answers: [string, OddReply, ErrorCode, 'refused' | 'unknown', boolean][] = [
    ['401 with a token', { status: 401, body: refusal() }, 'KeyVaultTokenRefused', 'refused', false],
    [
      '403 by RBAC',
      { status: 403, body: refusal('ForbiddenByRbac') },
      'KeyVaultForbiddenByRbac',
      'refused',
      false,
    ],
    [
      '403 by policy',
      { status: 403, body: refusal('ForbiddenByPolicy') },
      'KeyVaultForbiddenByPolicy',
      'refused',
      false,
    ],
    [
      '403 access denied',
      { status: 403, body: refusal('AccessDenied') },
      'KeyVaultForbiddenByPolicy',
      'refused',
      false,
    ],
    [
      '403 by firewall',
      { status: 403, body: refusal('ForbiddenByFirewall') },
      'KeyVaultForbiddenByFirewall',
      'refused',
      false,
    ],
    [
      '403 of a disabled one',
      { status: 403, body: refusal('SecretDisabled') },
      'KeyVaultSecretDisabled',
      'refused',
      false,
    ],
    ['403 of a proxy', { status: 403, body: '<html>no</html>' }, 'KeyVaultForbidden', 'refused', false],
    ['404', { status: 404, body: refusal() }, 'KeyVaultSecretNotFound', 'refused', false],
    [
      '409 soft-deleted',
      { status: 409, body: refusal('ObjectIsDeletedButRecoverable') },
      'KeyVaultNameSoftDeleted',
      'refused',
      false,
    ],
    [
      '409 being deleted',
      { status: 409, body: refusal('ObjectIsBeingDeleted') },
      'KeyVaultObjectBeingDeleted',
      'refused',
      true,
    ],
    [
      '409 being recovered',
      { status: 409, body: refusal('ObjectIsBeingRecovered') },
      'KeyVaultObjectBeingRecovered',
      'refused',
      true,
    ],
    ['409 plain', { status: 409, body: refusal() }, 'KeyVaultConflict', 'refused', true],
    ['400', { status: 400, body: refusal() }, 'KeyVaultBadParameter', 'refused', false],
    ['418', { status: 418, body: '' }, 'KeyVaultRequestRefused', 'refused', false],
    ['429', { status: 429, body: refusal() }, 'KeyVaultThrottled', 'refused', true],
    ['408 of a proxy', { status: 408, body: '' }, 'KeyVaultTimedOut', 'unknown', true],
    ['500', { status: 500, body: refusal('ForbiddenByRbac') }, 'KeyVaultUnavailable', 'unknown', true],
    ['503 of a gateway', { status: 503, body: '<html>' }, 'KeyVaultUnavailable', 'unknown', true],
    [
      '302 to a login page',
      { status: 302, headers: { location: 'https://login.test/' } },
      'KeyVaultRequestRefused',
      'unknown',
      false,
    ],
    [
      '200 with a web page',
      { status: 200, body: '<html>Sign in</html>' },
      'KeyVaultAnsweredGarbage',
      'unknown',
      true,
    ],
    [
      '200 with other JSON',
      { status: 200, body: { id: 'nowhere' } },
      'KeyVaultAnsweredGarbage',
      'unknown',
      true,
    ],
    ['200 with nothing', { status: 200 }, 'KeyVaultAnsweredGarbage', 'unknown', true],
    ['a cut connection', 'cut', 'KeyVaultConnectionLost', 'unknown', true],
    ['a cut body', 'cutBody', 'KeyVaultConnectionLost', 'unknown', true],
    ['no answer in time', 'hang', 'KeyVaultTimedOut', 'unknown', true],
    ['half an answer in time', 'hangBody', 'KeyVaultTimedOut', 'unknown', true],
  ];

  // Only where nothing is answered may the time be short: this machine can be slow.
  const patience = (reply: OddReply) => ({
    requestTimeoutMs: reply === 'hang' || reply === 'hangBody' ? 500 : 20_000,
  });

  it.each(answers)('makes of %s to a PUT what it is worth', async (_, reply, code, kind, retryable) => {
    server.script(challenged(() => reply));
    const result = await setSecret(odd(server, patience(reply)), write('x'));
    expect(result).toMatchObject({ kind, error: { code, retryable } });
    expect(server.requests.filter((request) => request.headers.authorization !== undefined)).toHaveLength(1);
  });

  it.each(answers)('makes of %s to a PATCH the same', async (_, reply, code, kind) => {
    server.script(challenged(() => reply));
    const result = await updateTags(odd(server, patience(reply)), 'x', 'a'.repeat(32), {});
    expect(result).toMatchObject({ kind, error: { code } });
  });

  it.each(
    answers.filter(([, , code]) => code !== 'KeyVaultSecretNotFound' && code !== 'KeyVaultSecretDisabled'),
  )('throws for %s to a GET and to a LIST', async (_, reply, code) => {
    server.script(challenged(() => reply));
    const connection = odd(server, patience(reply));
    await expect(readNewest(connection, 'x')).rejects.toMatchObject({ name: 'SsakvError', code });
    await expect(collect(listExternalSecrets(connection, 25))).rejects.toMatchObject({ code });
  });

  it('carries the wait that a 429 asks for, and none where it asks for none', async () => {
    server.script(challenged(() => ({ status: 429, headers: { 'retry-after': '3' } })));
    await expect(readNewest(odd(server), 'x')).rejects.toMatchObject({
      code: 'KeyVaultThrottled',
      retryAfterMs: 3000,
    });
    server.script(challenged(() => ({ status: 429 })));
    await expect(readNewest(odd(server), 'x')).rejects.toMatchObject({
      code: 'KeyVaultThrottled',
      retryAfterMs: undefined,
    });
  });

  it('names the request id of Azure and nothing else of the answer', async () => {
    const id = '6f9619ff-8b86-d011-b42d-00c04fc964ff';
    server.script(
      challenged(() => ({
        status: 400,
        headers: { 'x-ms-request-id': id },
        body: refusal('SomethingPrivate'),
      })),
    );
    const error = await readNewest(odd(server), 'x').catch((thrown: unknown) => thrown);
    expect(String(error)).toContain(id);
    expect(String(error)).not.toMatch(/SomethingPrivate|must not matter/);
    server.script(
      challenged(() => ({ status: 400, headers: { 'x-ms-request-id': 'not an id' }, body: refusal() })),
    );
    expect(String(await readNewest(odd(server), 'x').catch((thrown: unknown) => thrown))).not.toContain(
      'not an id',
    );
  });

  it('follows no next link to another host and sends nothing there', async () => {
    const stranger = await startOddServer();
    stranger.script(() => ({ status: 200, body: { value: [] } }));
    server.script(
      challenged(() => ({ status: 200, body: { value: [], nextLink: `${stranger.url}/secrets?next=1` } })),
    );
    await expect(collect(listExternalSecrets(odd(server), 25))).rejects.toMatchObject({
      code: 'KeyVaultForeignNextLink',
    });
    expect(stranger.requests).toEqual([]);
    await stranger.stop();
  });

  it('does not turn in a circle of next links', async () => {
    server.script(
      challenged(() => ({ status: 200, body: { value: [], nextLink: `${server.url}/secrets?next=1` } })),
    );
    await expect(collect(listExternalSecrets(odd(server), 25))).rejects.toMatchObject({
      code: 'KeyVaultAnsweredGarbage',
    });
  });

  it('stops a listing with the reason of the signal', async () => {
    server.script(challenged(() => 'hang'));
    const controller = new AbortController();
    const reason = new Error('the cycle was cancelled');
    const listing = collect(listExternalSecrets(odd(server), 25, controller.signal));
    setTimeout(() => controller.abort(reason), 50);
    await expect(listing).rejects.toBe(reason);
  });

  it('makes no call for which the budget has no room, and calls the write refused', async () => {
    server.script(challenged(() => ({ status: 200 })));
    const spend = async (): Promise<void> => {
      throw new SsakvError('KeyVaultThrottled', { retryAfterMs: 10 });
    };
    await expect(setSecret(odd(server, { spend }), write('x'))).resolves.toMatchObject({
      kind: 'refused',
      error: { code: 'KeyVaultThrottled' },
    });
    expect(server.requests).toEqual([]);
  });

  it('calls a write refused, not unknown, when it waited for the budget past its time', async () => {
    server.script(challenged(() => ({ status: 200 })));
    const budget = new ManualBudget();
    const connection = odd(server, { spend: budget.spend, requestTimeoutMs: 100 });
    budget.delayNextMs(150);
    await expect(setSecret(connection, write('x'))).resolves.toMatchObject({
      kind: 'refused',
      error: { code: 'KeyVaultBudgetExhausted' },
    });
    expect(server.requests).toEqual([]);
  });

  it('calls a write refused when the sign-in or the connection failed before it was sent', async () => {
    server.script(() => ({ status: 503 }));
    await expect(setSecret(odd(server), write('x'))).resolves.toMatchObject({
      kind: 'refused',
      error: { code: 'KeyVaultUnavailable' },
    });
    server.script(() => 'cut');
    await expect(setSecret(odd(server), write('x'))).resolves.toMatchObject({
      kind: 'refused',
      error: { code: 'KeyVaultConnectionLost' },
    });
    const nowhere = odd(server, { vault: { url: 'https://127.0.0.1:1' } });
    await expect(setSecret(nowhere, write('x'))).resolves.toMatchObject({
      kind: 'refused',
      error: { code: 'KeyVaultUnreachable' },
    });
  });

  it('calls a write refused when it found nobody to connect to after the sign-in', async () => {
    const short = await startOddServer();
    short.script(challenged(() => ({ status: 404 })));
    const connection = odd(short);
    await readNewest(connection, 'warm');
    await short.stop();
    // The socket that was kept alive has to be gone: over it, a request could still have been sent.
    let code: string | undefined;
    while (code !== 'KeyVaultUnreachable') {
      code = await readNewest(connection, 'x').then(
        () => undefined,
        (error: SsakvError) => error.code,
      );
    }
    await expect(setSecret(connection, write('x'))).resolves.toMatchObject({
      kind: 'refused',
      error: { code: 'KeyVaultUnreachable' },
    });
  });

  it('sends no token to a vault whose challenge names another domain, unless the cloud is custom', async () => {
    server.script(challenged(() => ({ status: 200 })));
    const cloud = { ...vaultOn(server.url, server.caFile).cloud, challengeVerification: true };
    await expect(setSecret(odd(server, { vault: { cloud } }), write('x'))).resolves.toMatchObject({
      kind: 'refused',
      error: { code: 'KeyVaultChallengeMismatch' },
    });
    expect(
      server.requests.every((request) => request.headers.authorization === undefined && request.body === ''),
    ).toBe(true);
  });

  it('never sends the value before it has a token', async () => {
    server.script(challenged(() => ({ status: 200 })));
    const connection = odd(server);
    await Promise.all(Array.from({ length: 5 }, (_, index) => setSecret(connection, write(`c-${index}`))));
    const bare = server.requests.filter((request) => request.headers.authorization === undefined);
    expect(bare.length).toBeGreaterThan(0);
    expect(bare.every((request) => request.body === '')).toBe(true);
    expect(server.requests.filter((request) => request.body !== '')).toHaveLength(5);
  });
});
