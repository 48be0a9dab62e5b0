import { cancelPasswordChange, startPasswordChange } from '../password-changes';
import { domainError, json } from '../replies';
import type { Call, Route } from '../routing';
import { checkIn, checkOut, currentCheckOut, openSecret } from '../secret-access';
import { secretSummary } from '../secret-models';
import type { Secret } from '../state';
import { accessOptions, namedSecret } from './named-secret';

function summary(call: Call, secret: Secret): Response {
  return json(secretSummary(call.world, call.account)(secret));
}

function changePassword(call: Call): Response {
  const options = accessOptions(call);
  const secret = namedSecret(call, 'edit', options);
  openSecret(call.world, secret, call.account, options);
  startPasswordChange(call.world, secret, call.account, call.body.text('newPassword'));
  return summary(call, secret);
}

function stopPasswordChange(call: Call): Response {
  const secret = namedSecret(call, 'edit');
  cancelPasswordChange(call.world, secret.id);
  return summary(call, secret);
}

function takeOut(call: Call): Response {
  const { world, account } = call;
  const secret = namedSecret(call, 'view');
  if (!secret.checkOutEnabled)
    throw domainError('API_CheckOutNotEnabled', 'Check out is not enabled for this Secret.');
  openSecret(world, secret, account, { ...accessOptions(call), noAutoCheckout: false });
  return json({ responseCodes: [] });
}

function takeIn(call: Call): Response {
  const { world, account } = call;
  const secret = namedSecret(call, 'view');
  const out = currentCheckOut(world, secret);
  const force = accessOptions(call).forceCheckIn === true;
  if (out && out.accountId !== account.id && !force) {
    throw domainError(
      'API_ValidateSecretAccessCheckedOut',
      'The requested Secret is checked out by another user.',
    );
  }
  checkIn(world, secret, account);
  return summary(call, secret);
}

function extendCheckOut(call: Call): Response {
  const { world, account } = call;
  const secret = namedSecret(call, 'view');
  if (currentCheckOut(world, secret)?.accountId !== account.id) {
    throw domainError('API_CheckOutNotEnabled', 'The Secret is not checked out by the caller.');
  }
  checkOut(world, secret, account);
  return json({ responseCodes: [] });
}

function expire(call: Call): Response {
  const secret = namedSecret(call, 'edit');
  secret.expired = true;
  call.world.audit(secret.id, 'EXPIRED', call.account);
  return summary(call, secret);
}

/** The stand-in has no target systems: a heartbeat succeeds unless the last password change failed. */
function heartbeat(call: Call): Response {
  const secret = namedSecret(call, 'view');
  secret.lastHeartBeatCheck = call.world.stamp();
  secret.heartbeatStatus = secret.outOfSyncReason === '' ? 'Success' : 'Failed';
  return summary(call, secret);
}

const actions: readonly (readonly [string, Route['operation'], Route['handle']])[] = [
  ['change-password', 'changePassword', changePassword],
  ['stop-password-change', 'changePassword', stopPasswordChange],
  ['check-out', 'checkOut', takeOut],
  ['extend-check-out', 'checkOut', extendCheckOut],
  ['check-in', 'checkIn', takeIn],
  ['expire', 'other', expire],
  ['heartbeat', 'other', heartbeat],
];

/** Routes that do something with a secret. */
export const secretActionRoutes: readonly Route[] = actions.map(([name, operation, handle]) => ({
  method: 'POST',
  path: `/api/v1/secrets/{id}/${name}`,
  operation,
  handle,
}));
