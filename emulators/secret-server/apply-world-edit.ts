import { createSecrets } from './bulk-secrets';
import { editSecret } from './edit-secret';
import { accountOf, bySlug, folderOf, templateByName } from './edit-targets';
import { childNamed, ensureFolder } from './folder-tree';
import { newAccount } from './new-installation';
import { Refusal } from './replies';
import { createSecret } from './secret-store';
import { revokeAllTokens } from './sessions';
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
