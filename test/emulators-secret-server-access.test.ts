import { startEmulators, type Emulators } from './support/emulators';
import { signIn, until, type SecretServerCalls } from './support/secret-server-calls';

interface Item {
  readonly slug: string;
  readonly itemValue: string;
  readonly filename: string | null;
}
interface Secret extends Record<string, unknown> {
  readonly id: number;
  readonly items: readonly Item[];
}
interface Page {
  readonly records: readonly Record<string, unknown>[];
}

let emulators: Emulators;
let server: SecretServerCalls;
let folderId: number;

beforeAll(async () => {
  emulators = await startEmulators();
  server = await signIn(emulators);
  folderId = (await edit<{ folderId: number }>({ edit: 'createFolder', path: '\\Team\\Web' })).folderId;
});
afterAll(async () => emulators.stop());

const never = '0001-01-01T00:00:00';
const webPassword = 6053;

async function edit<T = unknown>(
  change: Parameters<Emulators['control']['editSecretServer']>[0],
): Promise<T> {
  return (await emulators.control.editSecretServer(change)) as T;
}

const webItems = (password: string, username = 'ann') => [
  { slug: 'username', itemValue: username },
  { slug: 'password', itemValue: password },
];

async function create(body: object = {}): Promise<Secret> {
  const defaults = { name: 'portal', secretTemplateId: webPassword, folderId, items: webItems('first') };
  return (await server.call<Secret>('POST', '/api/v1/secrets/', { ...defaults, ...body })).json;
}

const read = async (id: number, query = '') => server.call<Secret>('GET', `/api/v1/secrets/${id}${query}`);
const valueOf = (secret: Secret, slug: string) => secret.items.find((item) => item.slug === slug)?.itemValue;
const errorCode = (answer: { json: Record<string, unknown> }) => answer.json['errorCode'];

async function actions(id: number): Promise<unknown[]> {
  const path = `/api/v1/secrets/${id}/audits?sortBy[0].name=dateRecorded&sortBy[0].direction=asc&take=100`;
  return (await server.call<Page>('GET', path)).json.records.map((row) => row['action']);
}

describe('obstacles', () => {
  const state = async (id: number) =>
    (await server.call('GET', `/api/v1/secrets/${id}/state`)).json['secretState'];

  it('asks for a comment, by query or in the body of the restricted path', async () => {
    const { id } = await create();
    await edit({ edit: 'setSecurity', secretId: id, requiresComment: true });
    expect(await state(id)).toBe('RequiresComment');
    expect((await read(id)).json).toEqual({
      errorCode: 'API_ValidateSecretAccessCommentRequired',
      message: 'The requested Secret requires a comment when viewed.',
    });
    expect((await read(id, '?autoComment=sync')).status).toBe(200);
    expect((await server.call('POST', `/api/v1/secrets/${id}/restricted`, { comment: 'sync' })).status).toBe(
      200,
    );
  });

  it('asks for an approval until the caller has one', async () => {
    const { id } = await create();
    await edit({ edit: 'setSecurity', secretId: id, requiresApproval: true });
    expect(await state(id)).toBe('RequiresApproval');
    expect(errorCode(await read(id))).toBe('API_ValidateSecretAccessApprovalRequired');
    const user = emulators.ready.secretServer.username;
    await edit({ edit: 'setSecurity', secretId: id, approvedFor: [user] });
    expect((await read(id)).status).toBe(200);
  });

  it('refuses to everyone else what one user has checked out', async () => {
    const { id } = await create();
    await edit({ edit: 'setSecurity', secretId: id, checkOutEnabled: true });
    await edit({ edit: 'checkOut', secretId: id });
    expect((await server.call('GET', `/api/v1/secrets/${id}/summary`)).json).toMatchObject({
      checkedOut: true,
    });
    expect(errorCode(await read(id))).toBe('API_ValidateSecretAccessCheckedOut');
    expect(errorCode(await server.call('PUT', `/api/v1/secrets/${id}/fields/username`, { value: 'x' }))).toBe(
      'API_ValidateSecretAccessCheckedOut',
    );
    await edit({ edit: 'checkIn', secretId: id });
    expect((await read(id)).status).toBe(200);
  });

  it('checks a secret out by reading it, unless that is forbidden', async () => {
    const { id } = await create({ checkOutEnabled: true });
    expect(errorCode(await read(id, '?noAutoCheckout=true'))).toBe(
      'API_ValidateSecretAccessCheckoutRequired',
    );
    expect(await state(id)).toBe('RequiresCheckout');
    expect((await read(id)).json['checkedOut']).toBe(true);
    expect((await server.call('POST', `/api/v1/secrets/${id}/check-in`)).json['checkedOut']).toBe(false);
    expect((await server.call('POST', `/api/v1/secrets/${id}/check-out`)).json).toEqual({
      responseCodes: [],
    });
    expect((await read(id, '?noAutoCheckout=true')).status).toBe(200);
    expect(await actions(id)).toEqual(expect.arrayContaining(['CHECKOUT', 'CHECKIN']));
  });
});

describe('remote password changes', () => {
  const start = async (id: number) =>
    server.call('POST', `/api/v1/secrets/${id}/change-password`, { newPassword: 'changed' });
  const ended = async (id: number) =>
    until(
      async () => (await server.call('GET', `/api/v1/secrets/${id}/summary`)).json,
      (summary) => summary['lastPasswordChangeAttempt'] !== never,
    );

  it('leaves the old value until the job has run', async () => {
    await edit({ edit: 'configurePasswordChanges', delayMs: null });
    const { id } = await create();
    expect((await start(id)).json).toMatchObject({ id, lastPasswordChangeAttempt: never });
    expect(errorCode(await start(id))).toBe('API_PasswordChangePending');
    expect(valueOf((await read(id)).json, 'password')).toBe('first');
    await edit({ edit: 'finishPasswordChange', secretId: id, succeeded: true });
    const { json } = await read(id);
    expect([valueOf(json, 'password'), json['isOutOfSync']]).toEqual(['changed', false]);
    expect(await actions(id)).toContain('CHANGE PASSWORD');
  });

  it('ends by itself after its delay', async () => {
    await edit({ edit: 'configurePasswordChanges', delayMs: 50 });
    const { id } = await create();
    await start(id);
    await ended(id);
    expect(valueOf((await read(id)).json, 'password')).toBe('changed');
  });

  it('moves the time of the last attempt, and nothing else, when it fails', async () => {
    await edit({ edit: 'configurePasswordChanges', delayMs: 0, failNext: 1 });
    const { id } = await create();
    await start(id);
    expect(await ended(id)).toMatchObject({ isOutOfSync: true });
    expect(valueOf((await read(id)).json, 'password')).toBe('first');
    expect(await actions(id)).not.toContain('CHANGE PASSWORD');
  });
});

describe('audits', () => {
  it('record reads and writes with times that rise', async () => {
    const { id } = await create();
    await read(id);
    await read(id);
    expect(await actions(id)).toEqual(['CREATE', 'VIEW', 'WEBSERVICEVIEW', 'WEBSERVICEVIEW']);
    const { records } = (await server.call<Page>('GET', `/api/v1/secrets/${id}/audits?take=100`)).json;
    const times = records.map((row) => String(row['dateRecorded']));
    expect(times).toEqual([...new Set(times)].sort());
    for (const time of times) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/);
  });
});
