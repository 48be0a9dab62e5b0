import { until } from './support/secret-server-calls';
import { errorCode, startTeamFolder, valueOf, type Page, type TeamFolder } from './support/team-folder';

let team: TeamFolder;
beforeAll(async () => (team = await startTeamFolder()));
afterAll(async () => team.emulators.stop());

const never = '0001-01-01T00:00:00';

describe('obstacles', () => {
  const state = async (id: number) =>
    (await team.server.call('GET', `/api/v1/secrets/${id}/state`)).json['secretState'];

  it('asks for a comment, by query or in the body of the restricted path', async () => {
    const { id } = await team.create();
    await team.edit({ edit: 'setSecurity', secretId: id, requiresComment: true });
    expect(await state(id)).toBe('RequiresComment');
    expect((await team.read(id)).json).toEqual({
      errorCode: 'API_ValidateSecretAccessCommentRequired',
      message: 'The requested Secret requires a comment when viewed.',
    });
    expect((await team.read(id, '?autoComment=sync')).status).toBe(200);
    expect(
      (await team.server.call('POST', `/api/v1/secrets/${id}/restricted`, { comment: 'sync' })).status,
    ).toBe(200);
  });

  it('asks for an approval until the caller has one', async () => {
    const { id } = await team.create();
    await team.edit({ edit: 'setSecurity', secretId: id, requiresApproval: true });
    expect(await state(id)).toBe('RequiresApproval');
    expect(errorCode(await team.read(id))).toBe('API_ValidateSecretAccessApprovalRequired');
    const user = team.emulators.ready.secretServer.username;
    await team.edit({ edit: 'setSecurity', secretId: id, approvedFor: [user] });
    expect((await team.read(id)).status).toBe(200);
  });

  it('refuses to everyone else what one user has checked out', async () => {
    const { id } = await team.create();
    await team.edit({ edit: 'setSecurity', secretId: id, checkOutEnabled: true });
    await team.edit({ edit: 'checkOut', secretId: id });
    expect((await team.server.call('GET', `/api/v1/secrets/${id}/summary`)).json).toMatchObject({
      checkedOut: true,
    });
    expect(errorCode(await team.read(id))).toBe('API_ValidateSecretAccessCheckedOut');
    expect(
      errorCode(await team.server.call('PUT', `/api/v1/secrets/${id}/fields/username`, { value: 'x' })),
    ).toBe('API_ValidateSecretAccessCheckedOut');
    await team.edit({ edit: 'checkIn', secretId: id });
    expect((await team.read(id)).status).toBe(200);
  });

  it('checks a secret out by reading it, unless that is forbidden', async () => {
    const { id } = await team.create({ checkOutEnabled: true });
    expect(errorCode(await team.read(id, '?noAutoCheckout=true'))).toBe(
      'API_ValidateSecretAccessCheckoutRequired',
    );
    expect(await state(id)).toBe('RequiresCheckout');
    expect((await team.read(id)).json['checkedOut']).toBe(true);
    expect((await team.server.call('POST', `/api/v1/secrets/${id}/check-in`)).json['checkedOut']).toBe(false);
    expect((await team.server.call('POST', `/api/v1/secrets/${id}/check-out`)).json).toEqual({
      responseCodes: [],
    });
    expect((await team.read(id, '?noAutoCheckout=true')).status).toBe(200);
    expect(await team.actions(id)).toEqual(expect.arrayContaining(['CHECKOUT', 'CHECKIN']));
  });
});

describe('remote password changes', () => {
  const start = async (id: number) =>
    team.server.call('POST', `/api/v1/secrets/${id}/change-password`, { newPassword: 'changed' });
  const ended = async (id: number) =>
    until(
      async () => (await team.server.call('GET', `/api/v1/secrets/${id}/summary`)).json,
      (summary) => summary['lastPasswordChangeAttempt'] !== never,
    );

  it('leaves the old value until the job has run', async () => {
    await team.edit({ edit: 'configurePasswordChanges', delayMs: null });
    const { id } = await team.create();
    expect((await start(id)).json).toMatchObject({ id, lastPasswordChangeAttempt: never });
    expect(errorCode(await start(id))).toBe('API_PasswordChangePending');
    expect(valueOf((await team.read(id)).json, 'password')).toBe('first');
    await team.edit({ edit: 'finishPasswordChange', secretId: id, succeeded: true });
    const { json } = await team.read(id);
    expect([valueOf(json, 'password'), json['isOutOfSync']]).toEqual(['changed', false]);
    expect(await team.actions(id)).toContain('CHANGE PASSWORD');
  });

  it('ends by itself after its delay', async () => {
    await team.edit({ edit: 'configurePasswordChanges', delayMs: 50 });
    const { id } = await team.create();
    await start(id);
    await ended(id);
    expect(valueOf((await team.read(id)).json, 'password')).toBe('changed');
  });

  it('moves the time of the last attempt, and nothing else, when it fails', async () => {
    await team.edit({ edit: 'configurePasswordChanges', delayMs: 0, failNext: 1 });
    const { id } = await team.create();
    await start(id);
    expect(await ended(id)).toMatchObject({ isOutOfSync: true });
    expect(valueOf((await team.read(id)).json, 'password')).toBe('first');
    expect(await team.actions(id)).not.toContain('CHANGE PASSWORD');
  });
});

describe('audits', () => {
  it('record reads and writes with times that rise', async () => {
    const { id } = await team.create();
    await team.read(id);
    await team.read(id);
    expect(await team.actions(id)).toEqual(['CREATE', 'VIEW', 'WEBSERVICEVIEW', 'WEBSERVICEVIEW']);
    const { records } = (await team.server.call<Page>('GET', `/api/v1/secrets/${id}/audits?take=100`)).json;
    const times = records.map((row) => String(row['dateRecorded']));
    expect(times).toEqual([...new Set(times)].sort());
    for (const time of times) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/);
  });
});
