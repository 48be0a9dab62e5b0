import { childNamed, ensureFolder } from './folder-tree';
import { createSecrets } from './bulk-secrets';
import { administratorName, newAccount } from './new-installation';
import { finishPasswordChange, pendingChange, startPasswordChange } from './password-changes';
import { Refusal } from './replies';
import { checkIn, checkOut } from './secret-access';
import {
  createSecret,
  fieldNamed,
  moveSecret,
  putFile,
  renameSecret,
  setActive,
  templateOf,
  updateFields,
  type FieldValue,
} from './secret-store';
import { revokeAllTokens } from './sessions';
import type { Account, Folder, Secret, Template } from './state';
import { templateField } from './template-catalogue';
import { editError, worldEditSchema, type WorldEdit, type WorldEditOf } from './world-edits';
import type { World } from './world';

/**
 * Does one edit of the world. Returns what it made, e.g. `{ secretId }`. Throws a ZodError that names the member
 * when the edit is not well formed or names something that does not exist.
 */
export function applyWorldEdit(world: World, edit: unknown): object {
  try {
    return apply(world, worldEditSchema.parse(edit)) ?? {};
  } catch (error) {
    if (error instanceof Refusal) throw editError('edit', String(error.body['message']));
    throw error;
  }
}

function apply(world: World, edit: WorldEdit): object | void {
  switch (edit.edit) {
    case 'createFolder':
      return { folderId: ensureFolder(world, edit.path).id };
    case 'renameFolder':
      return renameFolder(world, edit);
    case 'setFolderAccess':
      return setFolderAccess(world, edit);
    case 'addTemplate':
      return addTemplate(world, edit);
    case 'addAccount':
      return addAccount(world, edit);
    case 'createSecret':
    case 'createSecrets':
      return create(world, edit);
    case 'revokeTokens':
      return revokeAllTokens(world);
    case 'configurePasswordChanges':
    case 'setVersion':
    case 'setReadOnly':
    case 'setChangesReport':
    case 'setAccessDeniedStatus':
    case 'setSessions':
      return configure(world, edit);
    case 'setFields':
    case 'setFile':
    case 'rename':
    case 'move':
    case 'deactivate':
    case 'activate':
    case 'setSecurity':
    case 'checkOut':
    case 'checkIn':
    case 'startPasswordChange':
    case 'finishPasswordChange':
      return editSecret(world, edit);
  }
}

type ServerEdit = WorldEditOf<
  | 'configurePasswordChanges'
  | 'setVersion'
  | 'setReadOnly'
  | 'setChangesReport'
  | 'setAccessDeniedStatus'
  | 'setSessions'
>;

function configure({ settings }: World, edit: ServerEdit): void {
  switch (edit.edit) {
    case 'configurePasswordChanges':
      if (edit.delayMs !== undefined) settings.passwordChangeDelayMs = edit.delayMs;
      settings.passwordChangesToFail = edit.failNext ?? settings.passwordChangesToFail;
      return;
    case 'setVersion':
      settings.version = edit.version;
      return;
    case 'setReadOnly':
      settings.readOnly = edit.enabled;
      return;
    case 'setChangesReport':
      settings.changesReportInstalled = edit.installed;
      return;
    case 'setAccessDeniedStatus':
      settings.accessDeniedStatus = edit.status;
      return;
    case 'setSessions':
      settings.sessionMinutes = edit.minutes ?? settings.sessionMinutes;
      settings.refreshTokens = edit.refreshTokens ?? settings.refreshTokens;
      settings.maximumRefreshes = edit.maximumRefreshes ?? settings.maximumRefreshes;
      return;
  }
}

type SecretEdit = WorldEditOf<
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

function editSecret(world: World, edit: SecretEdit): void {
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

function create(world: World, edit: WorldEditOf<'createSecret' | 'createSecrets'>): object {
  const template = templateByName(world, edit.template);
  const folder = folderOf(world, edit.folderId);
  const account = accountOf(world, edit.user);
  if (edit.edit === 'createSecrets')
    return { secretIds: createSecrets(world, account, { ...edit, template, folder }) };
  const request = {
    name: edit.name,
    templateId: template.id,
    folderId: folder.id,
    values: bySlug(edit.fields),
  };
  return { secretId: createSecret(world, account, request).id };
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

function renameFolder(world: World, edit: WorldEditOf<'renameFolder'>): void {
  const folder = folderOf(world, edit.folderId);
  if (childNamed(world, folder.parentId, edit.name)) throw editError('name', 'the name is already in use');
  folder.name = edit.name;
}

function setFolderAccess(world: World, edit: WorldEditOf<'setFolderAccess'>): void {
  const { access } = folderOf(world, edit.folderId);
  const accountId = accountOf(world, edit.user).id;
  if (edit.access === 'inherit') delete access[accountId];
  else access[accountId] = edit.access;
}

function addTemplate(world: World, edit: WorldEditOf<'addTemplate'>): object {
  if (world.templateNamed(edit.name)) throw editError('name', 'the name is already in use');
  const fields = edit.fields.map((field) =>
    templateField(world.nextId('field'), field.name, field.kind, field.isRequired),
  );
  const template = { id: world.nextId('template'), name: edit.name, fields };
  world.templates.set(template.id, template);
  return {
    templateId: template.id,
    fields: fields.map((field) => ({ fieldId: field.id, slug: field.slug })),
  };
}

function addAccount(world: World, edit: WorldEditOf<'addAccount'>): object {
  if (world.accountNamed(edit.user)) throw editError('user', 'the name is already in use');
  const account = newAccount(world.nextId('account'), edit.user, edit.domain, edit.password);
  world.addAccount(account);
  const { id: accountId, password, clientId, clientSecret } = account;
  return { accountId, password, clientId, clientSecret };
}

function bySlug(fields: Readonly<Record<string, string>>): FieldValue[] {
  return Object.entries(fields).map(([slug, value]) => ({ slug, value }));
}

function secretOf(world: World, secretId: number): Secret {
  const secret = world.secrets.get(secretId);
  if (!secret) throw editError('secretId', `there is no secret ${secretId}`);
  return secret;
}

function folderOf(world: World, folderId: number): Folder {
  const folder = world.folders.get(folderId);
  if (!folder) throw editError('folderId', `there is no folder ${folderId}`);
  return folder;
}

function templateByName(world: World, name: string): Template {
  const template = world.templateNamed(name);
  if (!template) throw editError('template', `there is no template ${name}`);
  return template;
}

function accountOf(world: World, userName: string | undefined): Account {
  const account = world.accountNamed(userName ?? administratorName);
  if (!account) throw editError('user', `there is no account ${String(userName)}`);
  return account;
}
