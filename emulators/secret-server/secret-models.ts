import { folderPath } from './folder-tree';
import { currentCheckOut } from './secret-access';
import { itemOf, templateOf } from './secret-store';
import { never } from './stamps';
import type { Account, Secret, TemplateField } from './state';
import type { World } from './world';

/** What stands in place of a file's contents (captured answers of a real server). */
const fileItemValue = '*** Not Valid For Display ***';

function itemModel(secret: Secret, field: TemplateField): object {
  const item = itemOf(secret, field);
  return {
    itemId: item.itemId,
    fieldId: field.id,
    fieldName: field.name,
    slug: field.slug,
    fieldDescription: field.name,
    itemValue: item.file ? fileItemValue : item.value,
    fileAttachmentId: item.file?.attachmentId ?? null,
    filename: item.file?.name ?? null,
    isFile: field.isFile,
    isNotes: field.isNotes,
    isPassword: field.isPassword,
    isList: false,
    listType: 'None',
  };
}

/** SecretModel: the secret with its values, passwords in clear (as captured answers and all SDKs show). */
export function secretModel(world: World, secret: Secret): object {
  const template = templateOf(world, secret);
  return {
    id: secret.id,
    name: secret.name,
    folderId: secret.folderId,
    secretTemplateId: template.id,
    secretTemplateName: template.name,
    siteId: 1,
    active: secret.active,
    items: template.fields.map((field) => itemModel(secret, field)),
    ...checkOutMembers(world, secret),
    ...securityMembers(secret),
    ...fixedMembers,
    lastHeartBeatStatus: secret.heartbeatStatus,
    lastHeartBeatCheck: secret.lastHeartBeatCheck,
    lastPasswordChangeAttempt: secret.lastPasswordChangeAttempt,
    failedPasswordChangeAttempts: secret.failedPasswordChangeAttempts,
    responseCodes: [],
  };
}

function checkOutMembers(world: World, secret: Secret): object {
  const out = currentCheckOut(world, secret);
  const user = world.accounts.find((account) => account.id === out?.accountId);
  return {
    checkedOut: out !== undefined,
    checkOutEnabled: secret.checkOutEnabled,
    checkOutIntervalMinutes: secret.checkOutEnabled ? secret.checkOutIntervalMinutes : -1,
    checkOutMinutesRemaining: out ? Math.ceil((out.untilMs - world.nowMs()) / 60_000) : 0,
    checkOutUserId: out?.accountId ?? -1,
    checkOutUserDisplayName: user?.displayName ?? '',
    checkOutChangePasswordEnabled: false,
  };
}

function securityMembers(secret: Secret): object {
  return {
    isRestricted: isRestricted(secret),
    isOutOfSync: secret.outOfSyncReason !== '',
    outOfSyncReason: secret.outOfSyncReason,
    isDoubleLock: secret.doubleLocked,
    doubleLockId: secret.doubleLocked ? 1 : 0,
    autoChangeEnabled: secret.autoChangeEnabled,
    autoChangeNextPassword: '',
    requiresApprovalForAccess: secret.requiresApproval,
    requiresComment: secret.requiresComment,
  };
}

function isRestricted(secret: Secret): boolean {
  return secret.requiresComment || secret.requiresApproval || secret.checkOutEnabled || secret.doubleLocked;
}

/** Members of things that the stand-in does not have; absent numeric references are -1. */
const fixedMembers = {
  accessRequestWorkflowMapId: -1,
  proxyEnabled: false,
  sessionRecordingEnabled: false,
  restrictSshCommands: false,
  allowOwnersUnrestrictedSshCommands: false,
  jumpboxRouteId: null,
  enableInheritPermissions: true,
  enableInheritSecretPolicy: false,
  secretPolicyId: -1,
  launcherConnectAsSecretId: -1,
  passwordTypeWebScriptId: -1,
  webLauncherRequiresIncognitoMode: false,
};

/** Whether the server's version is at least `major.minor`. */
export function versionAtLeast(world: World, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = world.settings.version.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** SecretSummary: everything a list shows. No values, and no time of the last modification: the product has none. */
export function secretSummary(world: World, account: Account, extendedFields: readonly string[] = []) {
  const newMembers = versionAtLeast(world, 11, 7);
  return (secret: Secret) => {
    const template = templateOf(world, secret);
    const out = currentCheckOut(world, secret);
    const user = world.accounts.find((candidate) => candidate.id === out?.accountId);
    return {
      id: secret.id,
      name: secret.name,
      folderId: secret.folderId,
      ...(newMembers ? { folderPath: folderPath(world, secret.folderId) } : {}),
      secretTemplateId: template.id,
      secretTemplateName: template.name,
      siteId: 1,
      active: secret.active,
      createDate: secret.createDate,
      lastAccessed: secret.lastAccessed[account.id] ?? never,
      lastPasswordChangeAttempt: secret.lastPasswordChangeAttempt,
      lastHeartBeatStatus: secret.heartbeatStatus,
      daysUntilExpiration: secret.expired ? 0 : null,
      isOutOfSync: secret.outOfSyncReason !== '',
      outOfSyncReason: secret.outOfSyncReason,
      autoChangeEnabled: secret.autoChangeEnabled,
      checkedOut: out !== undefined,
      checkOutEnabled: secret.checkOutEnabled,
      ...(newMembers
        ? { checkOutUserId: out?.accountId ?? -1, checkOutUserName: user?.userName ?? null }
        : {}),
      isRestricted: isRestricted(secret),
      requiresApproval: secret.requiresApproval,
      requiresComment: secret.requiresComment,
      doubleLockEnabled: secret.doubleLocked,
      hidePassword: false,
      inheritsPermissions: true,
      hasLauncher: false,
      extendedFields: extendedFieldsOf(secret, template.fields, extendedFields),
      responseCodes: [],
    };
  };
}

function extendedFieldsOf(
  secret: Secret,
  fields: readonly TemplateField[],
  names: readonly string[],
): object[] {
  const wanted = names.map((name) => name.toLowerCase());
  return fields
    .filter((field) => !field.isPassword && !field.isFile && wanted.includes(field.name.toLowerCase()))
    .map((field) => ({ name: field.name, value: itemOf(secret, field).value }));
}
