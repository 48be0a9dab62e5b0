import { finishPasswordChange, pendingChange, startPasswordChange } from './password-changes';
import { accountOf, bySlug, folderOf, secretOf } from './edit-targets';
import { checkIn, checkOut } from './secret-access';
import {
  fieldNamed,
  moveSecret,
  putFile,
  renameSecret,
  setActive,
  templateOf,
  updateFields,
} from './secret-store';
import type { Account, Secret } from './state';
import { editError, type WorldEditOf } from './world-edits';
import type { World } from './world';

export type SecretEdit = WorldEditOf<
  | 'setFields'
  | 'setFile'
  | 'rename'
  | 'move'
  | 'deactivate'
  | 'activate'
  | 'setSecurity'
  | 'checkOut'
  | 'checkIn'
  | 'startPasswordChange'
  | 'finishPasswordChange'
>;

/** Does an edit of one secret. */
export function editSecret(world: World, edit: SecretEdit): void {
  const secret = secretOf(world, edit.secretId);
  const account = accountOf(world, 'user' in edit ? edit.user : undefined);
  switch (edit.edit) {
    case 'setFields':
      return updateFields(world, secret, account, bySlug(edit.fields));
    case 'setFile':
      return setFile(world, secret, account, edit);
    case 'rename':
      return renameSecret(world, secret, account, edit.name);
    case 'move':
      return moveSecret(world, secret, account, folderOf(world, edit.folderId).id);
    case 'deactivate':
      return setActive(world, secret, account, false);
    case 'activate':
      return setActive(world, secret, account, true);
    case 'setSecurity':
      return setSecurity(world, secret, edit);
    case 'checkOut':
      return checkOut(world, secret, account, edit.minutes);
    case 'checkIn':
      return checkIn(world, secret, account);
    case 'startPasswordChange':
      return startPasswordChange(world, secret, account, edit.newPassword);
    case 'finishPasswordChange':
      return finish(world, secret, edit.succeeded);
  }
}

function setFile(world: World, secret: Secret, account: Account, edit: WorldEditOf<'setFile'>): void {
  const field = fieldNamed(templateOf(world, secret), edit.slug);
  if (field?.isFile !== true) throw editError('slug', `there is no file field ${edit.slug}`);
  putFile(world, secret, account, { field, name: edit.fileName, bytes: Buffer.from(edit.base64, 'base64') });
}

function setSecurity(world: World, secret: Secret, edit: WorldEditOf<'setSecurity'>): void {
  secret.checkOutEnabled = edit.checkOutEnabled ?? secret.checkOutEnabled;
  secret.requiresComment = edit.requiresComment ?? secret.requiresComment;
  secret.requiresApproval = edit.requiresApproval ?? secret.requiresApproval;
  secret.doubleLocked = edit.doubleLocked ?? secret.doubleLocked;
  secret.approvedAccountIds =
    edit.approvedFor?.map((userName) => accountOf(world, userName).id) ?? secret.approvedAccountIds;
  world.audit(secret.id, 'UPDATE', accountOf(world, undefined), 'Security');
}

function finish(world: World, secret: Secret, succeeded: boolean): void {
  const change = pendingChange(world, secret.id);
  if (!change) throw editError('secretId', `secret ${secret.id} waits for no password change`);
  finishPasswordChange(world, change, succeeded);
}
