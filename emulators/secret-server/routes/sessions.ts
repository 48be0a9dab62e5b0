import { json } from '../replies';
import { revokeToken } from '../sessions';
import type { Call, Route } from '../routing';

function currentUser({ account }: Call): Response {
  return json({
    id: account.id,
    userName: account.userName,
    domainId: account.domain === '' ? -1 : 1,
    displayName: account.displayName,
    emailAddress: `${account.userName}@example.test`,
    permissions: [
      'ViewSecret',
      'EditSecret',
      'AddSecret',
      'DeleteSecret',
      'ViewSecretAudit',
      'ViewReport',
    ].map((name) => ({ name })),
  });
}

function endSession({ world, request }: Call): Response {
  revokeToken(world, request);
  return json(true);
}

function switchReadOnlyMode({ world, body }: Call): Response {
  const enabled = body.nested('data').dirty('enabled')?.flag('value');
  if (enabled !== undefined) world.settings.readOnly = enabled;
  return json({ enabled: world.settings.readOnly });
}

/** Routes about the caller's session and the server itself. */
export const sessionRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/version',
    operation: 'version',
    handle: ({ world }) => json({ version: world.settings.version }),
  },
  { method: 'GET', path: '/api/v1/users/current', operation: 'other', handle: currentUser },
  {
    method: 'POST',
    path: '/api/v1/oauth-expiration',
    operation: 'token',
    readsOnly: true,
    handle: endSession,
  },
  {
    method: 'GET',
    path: '/api/v1/configuration/read-only-mode',
    operation: 'readOnlyMode',
    handle: ({ world }) => json({ enabled: world.settings.readOnly }),
  },
  {
    method: 'PATCH',
    path: '/api/v1/configuration/read-only-mode',
    operation: 'readOnlyMode',
    readsOnly: true,
    handle: switchReadOnlyMode,
  },
];
