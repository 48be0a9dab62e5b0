import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { entraCredential } from '../adapters/entra/credential';
import { readNewest } from '../adapters/key-vault/secrets/reader';
import { setSecret } from '../adapters/key-vault/secrets/writer';
import { openSecretServer } from '../adapters/secret-server/client';
import { readSecret } from '../adapters/secret-server/secrets';
import { serverVersion } from '../adapters/secret-server/server';
import { authorityMetadata, challenged, odd, secretServerOn, vaultOn } from './support/adapter-settings';
import { startOddServer, type OddReply, type OddServer } from './support/odd-server';

/** Everything by which an error can be shown, logged or stored. */
function everythingOf(error: unknown): string {
  const shown = error instanceof Error ? [error.message, error.stack, String(error)] : [];
  const all: object[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    all.push(Object.getOwnPropertyDescriptors(at));
  return [
    ...shown,
    JSON.stringify(error),
    JSON.stringify(all),
    inspect(error, { showHidden: true, depth: 10 }),
  ].join('\n');
}

/** The forms in which a value could have been carried along. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  return [value, encodeURIComponent(value), bytes.toString('base64').slice(0, -4), bytes.toString('hex')];
}

function expectNone(error: unknown, values: readonly string[]): void {
  expect(error).toMatchObject({ name: 'SsakvError' });
  const text = everythingOf(error);
  for (const form of values.flatMap(formsOf)) expect(text).not.toContain(form);
}

const marked = (what: string) => `${what}-&<${randomBytes(12).toString('base64url')}`;

/** Trouble that repeats what it was sent, as error pages of proxies and frameworks do. */
const troubles = (echo: string): [string, OddReply][] => [
  [
    '400',
    {
      status: 400,
      body: {
        error: { code: echo, message: echo, innererror: { code: echo } },
        errorCode: echo,
        message: echo,
      },
    },
  ],
  [
    '401',
    {
      status: 401,
      headers: { 'x-ms-request-id': 'x' },
      body: { error: echo, error_description: echo, error_codes: [7000215] },
    },
  ],
  ['403', { status: 403, body: { message: echo, errorCode: echo } }],
  ['404', { status: 404, body: echo }],
  ['409', { status: 409, body: { error: { code: echo, innererror: { code: echo } } } }],
  ['429', { status: 429, headers: { 'retry-after': '1' }, body: echo }],
  ['500', { status: 500, body: { exceptionMessage: echo, stackTrace: echo } }],
  ['a web page', { status: 200, body: `<html>${echo}</html>` }],
  [
    'other JSON',
    {
      status: 200,
      body: { id: echo, value: 7, items: [{ itemValue: echo, fieldId: echo }], attributes: { [echo]: echo } },
    },
  ],
  ['a cut connection', 'cut'],
  ['a cut body', 'cutBody'],
  ['silence', 'hang'],
];

describe('errors of the adapters hold no secret', () => {
  let server: OddServer;
  beforeAll(async () => void (server = await startOddServer()));
  afterAll(async () => server.stop());
  const urls: string[] = [];
  afterEach(() => urls.push(...server.requests.map((request) => request.url)));

  const value = marked('value');
  const token = marked('token');
  const names = troubles('').map(([name]) => name);
  const reply = (name: string): OddReply => new Map(troubles(`${value} ${token}`)).get(name) ?? 'cut';
  const requestTimeoutMs = (name: string) => (name === 'silence' ? 500 : 20_000);

  it.each(names)('when a write to Key Vault meets %s', async (name) => {
    server.script(challenged(() => reply(name)));
    const result = await setSecret(odd(server, { requestTimeoutMs: requestTimeoutMs(name) }), {
      name: 'x',
      value,
      tags: {},
      enabled: true,
    });
    if (result.kind === 'written') throw new Error('written');
    expectNone(result.error, [value, token]);
  });

  it.each(names)('when a read of Key Vault meets %s', async (name) => {
    if (name === '404') return; // That is an answer, not an error.
    server.script(challenged(() => reply(name)));
    const connection = odd(server, { requestTimeoutMs: requestTimeoutMs(name) });
    expectNone(await readNewest(connection, 'x').catch((error: unknown) => error), [value, token]);
  });

  it.each(names)('when a read of Secret Server meets %s', async (name) => {
    server.script((request) =>
      request.url.endsWith('/oauth2/token')
        ? { status: 200, body: { access_token: token, expires_in: 999 } }
        : reply(name),
    );
    const connection = openSecretServer(
      secretServerOn(server.url, server.caFile),
      { kind: 'text', text: value },
      { requestTimeoutMs: requestTimeoutMs(name) },
    );
    expectNone(await readSecret(connection, 1).catch((error: unknown) => error), [value, token]);
  });

  it.each(names)('when a login to Secret Server meets %s', async (name) => {
    server.script(() => reply(name));
    const connection = openSecretServer(
      secretServerOn(server.url, server.caFile),
      { kind: 'text', text: value },
      { requestTimeoutMs: requestTimeoutMs(name) },
    );
    expectNone(await serverVersion(connection).catch((error: unknown) => error), [value, token]);
  });

  it.each(names)('when a sign-in to Entra meets %s', async (name) => {
    const metadata = authorityMetadata(server.url);
    server.script((request) => (request.method === 'GET' ? metadata : reply(name)));
    const secret = `${value}-${name}`;
    const vault = vaultOn(server.url, server.caFile);
    const credential = entraCredential(
      vault,
      { kind: 'text', text: secret },
      { requestTimeoutMs: requestTimeoutMs(name) },
    );
    const error = await credential
      .getToken('https://vault.azure.net/.default')
      .catch((thrown: unknown) => thrown);
    expectNone(error, [value, token]);
  });

  it('would find a value in an error that kept one out of sight, in any of its forms', () => {
    for (const body of formsOf(value)) {
      const leaking = Object.assign(new Error('plain'), { name: 'SsakvError' });
      expectNone(leaking, [value]);
      Object.defineProperty(leaking, 'request', { value: { body }, enumerable: false });
      expect(() => expectNone(leaking, [value])).toThrow();
    }
  });

  it('sends no secret in a URL', () => {
    expect(urls.length).toBeGreaterThan(50);
    for (const form of [value, token].flatMap(formsOf)) expect(urls.join('\n')).not.toContain(form);
  });
});
