import { folderPath } from './folder-tree';
import { currentCheckOut } from './secret-access';
import { itemOf, templateOf } from './secret-store';
import type { Secret } from './state';
import type { World } from './world';

/** The whole world with all values, for the tests' own idea of what the vault must hold. Loopback control only. */
export function exportWorld(world: World): object {
  return {
    settings: world.settings,
    folders: [...world.folders.values()].map((folder) => ({
      id: folder.id,
      name: folder.name,
      path: folderPath(world, folder.id),
      parentFolderId: folder.parentId,
    })),
    templates: [...world.templates.values()],
    secrets: [...world.secrets.values()].map((secret) => exportSecret(world, secret)),
    pendingPasswordChanges: world.passwordChanges.map(({ secretId, dueAtMs, succeeds }) => ({
      secretId,
      dueAtMs: dueAtMs ?? null,
      succeeds,
    })),
  };
}

function exportSecret(world: World, secret: Secret): object {
  const template = templateOf(world, secret);
  return {
    id: secret.id,
    name: secret.name,
    active: secret.active,
    folderId: secret.folderId,
    folderPath: folderPath(world, secret.folderId),
    templateId: template.id,
    templateName: template.name,
    checkedOutBy: currentCheckOut(world, secret)?.accountId ?? null,
    checkOutEnabled: secret.checkOutEnabled,
    requiresComment: secret.requiresComment,
    requiresApproval: secret.requiresApproval,
    doubleLocked: secret.doubleLocked,
    fields: template.fields.map((field) => {
      const item = itemOf(secret, field);
      return {
        slug: field.slug,
        name: field.name,
        isPassword: field.isPassword,
        isNotes: field.isNotes,
        isFile: field.isFile,
        value: field.isFile ? null : item.value,
        file: item.file ? { name: item.file.name, base64: item.file.base64 } : null,
      };
    }),
  };
}
