import { randomText } from './new-installation';
import { domainError } from './replies';
import type { Account, PasswordChange, Secret } from './state';
import type { World } from './world';

/**
 * Starts a remote password change. The job runs later and may fail; until then the old value stays. Without
 * `newPassword` one is made up. Refused: a template without a password field, a change already under way.
 */
export function startPasswordChange(
  world: World,
  secret: Secret,
  account: Account,
  newPassword?: string,
): void {
  if (pendingChange(world, secret.id)) {
    throw domainError('API_PasswordChangePending', 'A password change is already pending for this Secret.');
  }
  const field = world.templates.get(secret.templateId)?.fields.find((candidate) => candidate.isPassword);
  if (!field) throw domainError('API_SecretFieldNotFound', 'The Secret has no password field.');
  const { passwordChangeDelayMs, passwordChangesToFail } = world.settings;
  const succeeds = passwordChangesToFail === 0;
  if (!succeeds) world.settings.passwordChangesToFail--;
  world.passwordChanges.push({
    secretId: secret.id,
    accountId: account.id,
    fieldId: field.id,
    newPassword: newPassword ?? randomText(15),
    succeeds,
    ...(passwordChangeDelayMs === null ? {} : { dueAtMs: world.nowMs() + passwordChangeDelayMs }),
  });
}

/** The change that a secret waits for. */
export function pendingChange(world: World, secretId: number): PasswordChange | undefined {
  return world.passwordChanges.find((change) => change.secretId === secretId);
}

/** Takes back a pending change; false when there is none. */
export function cancelPasswordChange(world: World, secretId: number): boolean {
  const index = world.passwordChanges.findIndex((change) => change.secretId === secretId);
  if (index >= 0) world.passwordChanges.splice(index, 1);
  return index >= 0;
}

/** Ends every change whose time has come. Returns whether any did. */
export function settleDuePasswordChanges(world: World): boolean {
  if (world.passwordChanges.length === 0) return false;
  const nowMs = world.nowMs();
  const due = world.passwordChanges.filter(
    (change) => change.dueAtMs !== undefined && change.dueAtMs <= nowMs,
  );
  for (const change of due) finishPasswordChange(world, change, change.succeeds);
  return due.length > 0;
}

/**
 * Ends a pending change. The time of the last attempt moves either way; the value changes, and the audit log says
 * CHANGE PASSWORD, on success only.
 */
export function finishPasswordChange(world: World, change: PasswordChange, succeeded: boolean): void {
  cancelPasswordChange(world, change.secretId);
  const secret = world.secrets.get(change.secretId);
  const account = world.accounts.find((candidate) => candidate.id === change.accountId);
  if (!secret || !account) return;
  if (!succeeded) {
    secret.lastPasswordChangeAttempt = world.stamp();
    secret.failedPasswordChangeAttempts++;
    secret.outOfSyncReason = 'Password change failed';
    return;
  }
  const item = secret.items.find((candidate) => candidate.fieldId === change.fieldId);
  if (item) item.value = change.newPassword;
  secret.failedPasswordChangeAttempts = 0;
  secret.outOfSyncReason = '';
  secret.lastPasswordChangeAttempt = world.audit(secret.id, 'CHANGE PASSWORD', account).dateRecorded;
}
