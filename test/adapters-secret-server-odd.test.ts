import { withCallCounts } from '../adapters/http/call-counts';
import { readChanges } from '../adapters/secret-server/changes-report';
import { openSecretServer } from '../adapters/secret-server/client';
import { listFolders } from '../adapters/secret-server/folders';
import { readSecret } from '../adapters/secret-server/secrets';
import { checkHealth, serverVersion } from '../adapters/secret-server/server';
import { searchSecrets } from '../adapters/secret-server/summaries';
import type { SecretServerSettings } from '../domain/connectors';
import type { ErrorCode } from '../domain/errors/catalogue';
import { secretServerOn } from './support/adapter-settings';
import { startOddServer, type OddReply, type OddRequest, type OddServer } from './support/odd-server';

const expired = { status: 403, body: { message: 'Authentication failed or expired token.' } };
const isToken = (request: OddRequest) => request.url === '/SecretServer/oauth2/token';

const item = (slug: string, change: object = {}) => ({
  itemId: 1,
  fieldId: 2,
  fieldName: slug,
  slug,
  itemValue: `${slug}-value`,
  fileAttachmentId: null,
  filename: null,
  isFile: false,
  isNotes: false,
  isPassword: slug === 'password',
  unknownMember: { of: 'a newer version' },
  ...change,
});
const model = (change: object = {}) => ({
  id: 7,
  name: 'one',
  folderId: 3,
  secretTemplateId: 6003,
  secretTemplateName: 'Windows Account',
  active: true,
  isRestricted: false,
  responseCodes: [],
  items: [item('username'), item('password')],
  hsmKeyIdentifier: 'a member of a newer version',
  ...change,
});

describe('Secret Server answers that only a real day brings', () => {
  let server: OddServer;
  beforeAll(async () => void (server = await startOddServer()));
  afterAll(async () => server.stop());

  const open = (change: Partial<SecretServerSettings> = {}, requestTimeoutMs = 20_000) =>
    openSecretServer(
      secretServerOn(`${server.url}/SecretServer`, server.caFile, change),
      { kind: 'text', text: 'pass&word=1' },
      { requestTimeoutMs },
    );
  /** Logs in as `token-1`, `token-2`, …; the rest is answered by `then`. */
  const loggedIn = (then: (request: OddRequest) => OddReply, expiresSeconds = 1199): void => {
    let logins = 0;
    server.script((request) => {
      if (!isToken(request)) return then(request);
      logins += 1;
      return {
        status: 200,
        body: { access_token: `token-${logins}`, token_type: 'bearer', expires_in: expiresSeconds },
      };
    });
  };
  const version = { status: 200, body: { version: '11.7.61' } };

  it.each([
    [{ username: 'svc' }, { grant_type: 'password', username: 'svc', password: 'pass&word=1' }],
    [
      { username: 'corp\\svc' },
      { grant_type: 'password', domain: 'corp', username: 'svc', password: 'pass&word=1' },
    ],
    [
      { authMethod: 'clientCredentials' as const, username: 'sdk-client-1' },
      { grant_type: 'client_credentials', client_id: 'sdk-client-1', client_secret: 'pass&word=1' },
    ],
  ])('logs in as %j by a form', async (change, form) => {
    loggedIn(() => version);
    await serverVersion(open(change));
    const [login, call] = server.requests;
    expect(login?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(new URLSearchParams(login?.body))).toEqual(form);
    expect(call?.headers.authorization).toBe('Bearer token-1');
  });

  it('logs in once for all calls that start together', async () => {
    loggedIn(() => version);
    const connection = open();
    await Promise.all(Array.from({ length: 8 }, () => serverVersion(connection)));
    expect(server.requests.filter(isToken)).toHaveLength(1);
  });

  it('tries to log in again after a login that failed', async () => {
    server.script((request, index) =>
      isToken(request)
        ? index === 0
          ? { status: 503 }
          : { status: 200, body: { access_token: 't', expires_in: 60 } }
        : version,
    );
    const connection = open();
    await expect(serverVersion(connection)).rejects.toMatchObject({ code: 'SecretServerUnavailable' });
    await expect(serverVersion(connection)).resolves.toBe('11.7.61');
  });

  it('renews a token before it ends', async () => {
    loggedIn(() => version, 0.002);
    const connection = open();
    await serverVersion(connection);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await serverVersion(connection);
    expect(server.requests.filter(isToken)).toHaveLength(2);
  });

  it('logs in again, once, for the documented answer of an expired token', async () => {
    loggedIn((request) => (request.headers.authorization === 'Bearer token-1' ? expired : version));
    await expect(serverVersion(open())).resolves.toBe('11.7.61');
    loggedIn(() => expired);
    await expect(serverVersion(open())).rejects.toMatchObject({
      code: 'SecretServerTokenRefused',
      retryable: true,
    });
    expect(server.requests).toHaveLength(4);
  });

  it('logs in once for many calls whose token expired', async () => {
    loggedIn((request) => (request.headers.authorization === 'Bearer token-1' ? expired : version));
    const connection = open();
    await Promise.all(Array.from({ length: 8 }, () => serverVersion(connection)));
    expect(server.requests.filter(isToken)).toHaveLength(2);
  });

  const answers: [string, OddReply, ErrorCode, boolean][] = [
    ['a bare 403', { status: 403, body: { message: 'Forbidden' } }, 'SecretServerRefusedForNow', true],
    ['a 403 of a firewall', { status: 403, body: '<html>' }, 'SecretServerRefusedForNow', true],
    ['404', { status: 404, body: { message: 'No HTTP resource' } }, 'SecretServerWrongAddress', false],
    [
      'a redirect to a login page',
      { status: 302, headers: { location: '/login' } },
      'SecretServerWrongAddress',
      false,
    ],
    ['429', { status: 429, headers: { 'retry-after': '2' } }, 'SecretServerThrottled', true],
    [
      '500',
      { status: 500, body: { message: 'An error', exceptionMessage: 'x' } },
      'SecretServerUnavailable',
      true,
    ],
    [
      '503 of maintenance',
      { status: 503, body: '<html>maintenance</html>' },
      'SecretServerUnavailable',
      true,
    ],
    [
      'a web page with 200',
      { status: 200, body: '<html>Sign in</html>' },
      'SecretServerAnsweredGarbage',
      true,
    ],
    ['JSON without what matters', { status: 200, body: { id: 7 } }, 'SecretServerAnsweredGarbage', true],
    ['a cut connection', 'cut', 'SecretServerConnectionLost', true],
    ['a cut body', 'cutBody', 'SecretServerConnectionLost', true],
    ['silence', 'hang', 'SecretServerTimedOut', true],
    ['silence in the middle of the answer', 'hangBody', 'SecretServerTimedOut', true],
  ];
  it.each(answers)('classifies %s', async (_, reply, code, retryable) => {
    loggedIn(() => reply);
    const connection = open({}, reply === 'hang' || reply === 'hangBody' ? 500 : 20_000);
    await expect(readSecret(connection, 7)).rejects.toMatchObject({ name: 'SsakvError', code, retryable });
    expect(server.requests.filter((request) => !isToken(request))).toHaveLength(1);
  });

  it.each([
    ['a web page with 200', { status: 200, body: '<html>Sign in</html>' }, 'SecretServerAnsweredGarbage'],
    ['400', { status: 400, body: { error: 'Login failed.' } }, 'SecretServerLoginFailed'],
    ['429', { status: 429 }, 'SecretServerThrottled'],
    ['a cut connection', 'cut', 'SecretServerConnectionLost'],
  ] as [string, OddReply, ErrorCode][])('classifies %s to the login', async (_, reply, code) => {
    server.script(() => reply);
    await expect(serverVersion(open())).rejects.toMatchObject({ code });
    expect(server.requests).toHaveLength(1);
  });

  it('carries the wait that a 429 asks for', async () => {
    loggedIn(() => ({ status: 429, headers: { 'retry-after': '2' } }));
    await expect(serverVersion(open())).rejects.toMatchObject({ retryAfterMs: 2000 });
  });

  it('ignores members of newer versions, and asks for no check-out on any read', async () => {
    const withFile = model({ items: [item('password'), item('key', { isFile: true, fileAttachmentId: 9 })] });
    loggedIn((request) =>
      request.url.includes('/fields/')
        ? { status: 200, body: Buffer.from('PEM') }
        : { status: 200, body: withFile },
    );
    await expect(readSecret(open(), 7)).resolves.toMatchObject({
      kind: 'read',
      secret: {
        fields: [
          { slug: 'password', value: 'password-value' },
          { slug: 'key', value: undefined, bytes: Buffer.from('PEM') },
        ],
      },
    });
    const reads = server.requests.filter((request) => !isToken(request));
    expect(reads.map((request) => request.url)).toEqual([
      '/SecretServer/api/v2/secrets/7?noAutoCheckout=true',
      '/SecretServer/api/v1/secrets/7/fields/key?noAutoCheckout=true',
    ]);
  });

  it.each([
    [{ isRestricted: true }, 'RequiresApproval', 'ApprovalRequired'],
    [{ responseCodes: ['CommentRequired'] }, 'RequiresComment', 'CommentRequired'],
    [{ isRestricted: true }, 'RequiresCheckoutPendingRPC', 'CheckedOut'],
    [{ isRestricted: true }, 'DoubleLockNoAccess', 'DoubleLocked'],
  ])(
    'takes empty values of a restricted secret (%j) for withheld, not for empty',
    async (change, secretState, reason) => {
      const withheld = model({ ...change, items: [item('password', { itemValue: '' })] });
      loggedIn((request) => ({
        status: 200,
        body: request.url.includes('/state') ? { secretState } : withheld,
      }));
      await expect(readSecret(open(), 7)).resolves.toEqual({ kind: 'parked', reason });
    },
  );

  it('reads a restricted secret whose state lets it through, and trusts no state that it does not know', async () => {
    let secretState = 'None';
    loggedIn((request) => {
      if (request.url.includes('/read-only-mode')) return { status: 200, body: { enabled: false } };
      return {
        status: 200,
        body: request.url.includes('/state') ? { secretState } : model({ isRestricted: true }),
      };
    });
    await expect(readSecret(open(), 7)).resolves.toMatchObject({ kind: 'read' });
    secretState = 'RequiresSomethingNew';
    await expect(readSecret(open(), 7)).rejects.toMatchObject({ code: 'SecretServerRequestRefused' });
  });

  it.each([
    [true, { kind: 'parked', reason: 'ReadOnlyMode' }],
    [false, undefined],
  ])('asks for the reason of a refusal (read-only: %s)', async (enabled, parked) => {
    loggedIn((request) => {
      if (request.url.includes('/state')) return { status: 200, body: { secretState: 'None' } };
      if (request.url.includes('/read-only-mode')) return { status: 200, body: { enabled } };
      return { status: 400, body: { errorCode: 'API_SomethingElse', message: 'no' } };
    });
    const reading = readSecret(open(), 7);
    if (parked === undefined)
      await expect(reading).rejects.toMatchObject({ code: 'SecretServerRequestRefused', retryable: false });
    else await expect(reading).resolves.toEqual(parked);
  });

  it('does not load a file that Key Vault could never hold', async () => {
    const withFile = model({ items: [item('key', { isFile: true, fileAttachmentId: 9 })] });
    const large = Buffer.alloc(1_000_001, 'x');
    loggedIn((request) => ({ status: 200, body: request.url.includes('/fields/') ? large : withFile }));
    await expect(readSecret(open(), 7)).rejects.toMatchObject({
      code: 'SecretServerFileTooLarge',
      retryable: false,
    });
    await expect(readSecret(open(), 7, { wantsFile: () => false })).resolves.toMatchObject({ kind: 'read' });
  });

  it('ends a listing whose page claims more without having any', async () => {
    loggedIn(() => ({ status: 200, body: { records: [], hasNext: true, nextSkip: 0 } }));
    await expect(listFolders(open())).resolves.toEqual([]);
  });

  it('refuses a listing whose page leads back, instead of going round for ever', async () => {
    const folder = { id: 1, folderName: 'A', folderPath: '\\A' };
    loggedIn(() => ({ status: 200, body: { records: [folder], hasNext: true, nextSkip: 0 } }));
    await expect(listFolders(open())).rejects.toMatchObject({ code: 'SecretServerAnsweredGarbage' });
  });

  it('searches for everything that is there, in a fixed order', async () => {
    loggedIn(() => ({ status: 200, body: { records: [], hasNext: false } }));
    const options = { folderId: 3, includeSubfolders: true, includeInactive: true, take: 10 };
    for await (const _ of searchSecrets(open(), options));
    const query = new URL(server.requests.at(-1)?.url ?? '', server.url).searchParams;
    expect(Object.fromEntries(query)).toEqual({
      'filter.folderId': '3',
      'filter.includeSubFolders': 'true',
      'filter.includeActive': 'true',
      'filter.includeInactive': 'true',
      'filter.includeRestricted': 'true',
      'filter.allowDoubleLocks': 'true',
      'sortBy[0].name': 'id',
      'sortBy[0].direction': 'asc',
      take: '10',
      skip: '0',
    });
  });

  it('stops a search with the reason of the signal', async () => {
    loggedIn(() => 'hang');
    const controller = new AbortController();
    const reason = new Error('the cycle was cancelled');
    const options = { folderId: 1, includeSubfolders: true, includeInactive: true, take: 10 };
    const search = (async () => {
      for await (const _ of searchSecrets(open(), options, controller.signal));
    })();
    setTimeout(() => controller.abort(reason), 50);
    await expect(search).rejects.toBe(reason);
  });

  it('throws, and does not call it absent, when a listing is denied', async () => {
    loggedIn(() => ({ status: 400, body: { errorCode: 'API_AccessDenied', message: 'Access Denied' } }));
    await expect(listFolders(open())).rejects.toMatchObject({ code: 'SecretServerAccessDenied' });
    await expect(readSecret(open(), 7)).resolves.toEqual({ kind: 'accessDenied' });
  });

  it.each([
    [{ status: 200, body: 'Healthy' }, true],
    [{ status: 200, body: { healthy: true } }, true],
    [{ status: 200, body: { Healthy: true } }, true],
    [{ status: 200, body: { healthy: false } }, false],
    [{ status: 200, body: '<html>It is Healthy here</html>' }, false],
  ])('reads the health %j as %s without a login', async (reply, healthy) => {
    server.script(() => reply);
    await expect(checkHealth(open())).resolves.toBe(healthy);
    expect(server.requests).toHaveLength(1);
  });

  it.each([{ version: '11.2.2' }, { model: { version: '11.2.2' } }])(
    'reads the version from %j',
    async (body) => {
      loggedIn(() => ({ status: 200, body }));
      await expect(serverVersion(open())).resolves.toBe('11.2.2');
    },
  );

  describe('the report of changes', () => {
    const report = (columns: string[], rows: unknown[][], totalRowCount?: number): OddReply => ({
      status: 200,
      body: { columns, rows, totalRowCount },
    });
    const all = async (pageSize = 1000) => {
      const rows = [];
      for await (const page of readChanges(open(), 'ssakv changes', '2026-01-01T00:00:00', { pageSize }))
        rows.push(...page);
      return rows;
    };

    it('takes the columns in any order and case, and numbers as text', async () => {
      loggedIn(() =>
        report(
          ['DATERECORDED', 'Action', 'secretid', 'AuditId', 'More'],
          [['2026-01-02T03:04:05.1', 'UPDATE', '7', 9, 0]],
        ),
      );
      await expect(all()).resolves.toEqual([
        { auditId: 9, secretId: 7, action: 'UPDATE', dateRecorded: '2026-01-02T03:04:05.1' },
      ]);
    });

    it.each([
      [['AuditId', 'SecretId', 'Action'], []],
      [['AuditId', 'SecretId', 'Action'], [[1, 2, 'UPDATE']]],
      [['AuditId', 'SecretId', 'Action', 'DateRecorded'], [[1, 'x', 'UPDATE', '2026']]],
      [['AuditId', 'SecretId', 'Action', 'DateRecorded'], [[1]]],
      [['AuditId', 'SecretId', 'Action', 'DateRecorded'], [[1, 2, 'UPDATE', '4/2/2026 2:33:09 PM']]],
    ])('refuses the columns %j with the rows %j', async (columns, rows) => {
      loggedIn(() => report(columns, rows));
      await expect(all()).rejects.toMatchObject({ code: 'SecretServerReportMalformed' });
    });

    it('goes on until all rows that were counted have come', async () => {
      const pages = [[1, 2], [3, 4], [5]].map((ids) =>
        ids.map((id) => [id, 7, 'UPDATE', '2026-01-02T00:00:00']),
      );
      loggedIn((request) =>
        report(
          ['AuditId', 'SecretId', 'Action', 'DateRecorded'],
          pages[Number(/"pageNumber":(\d+)/.exec(request.body)?.[1]) - 1] ?? [],
          5,
        ),
      );
      const { result, calls } = await withCallCounts(() => all(2));
      expect(result.map((row) => row.auditId)).toEqual([1, 2, 3, 4, 5]);
      expect(calls['secretServer.report']).toBe(3);
    });

    it('ends where the server does not page and answers the same again', async () => {
      const rows = [1, 2].map((id) => [id, 7, 'UPDATE', '2026-01-02T00:00:00']);
      loggedIn(() => report(['AuditId', 'SecretId', 'Action', 'DateRecorded'], rows));
      const { result, calls } = await withCallCounts(() => all(2));
      expect(result.map((row) => row.auditId)).toEqual([1, 2]);
      expect(calls['secretServer.report']).toBe(2);
    });

    it('asks without HTML encoding and with the time as a parameter', async () => {
      loggedIn(() => report(['AuditId', 'SecretId', 'Action', 'DateRecorded'], []));
      await all();
      expect(JSON.parse(server.requests.at(-1)?.body ?? '')).toMatchObject({
        name: 'ssakv changes',
        parameters: [
          { name: 'since', value: '2026-01-01T00:00:00' },
          { name: 'CustomText', value: '2026-01-01T00:00:00' },
        ],
        encodeHtml: false,
      });
    });
  });
});
