import { administratorName } from './new-installation';
import type { FieldValue } from './secret-store';
import type { Account, Folder, Secret, Template } from './state';
import { editError } from './world-edits';
import type { World } from './world';

/** Field values by slug. */
export function bySlug(fields: Readonly<Record<string, string>>): FieldValue[] {
  return Object.entries(fields).map(([slug, value]) => ({ slug, value }));
}

/** The secret that an edit names. */
export function secretOf(world: World, secretId: number): Secret {
  const secret = world.secrets.get(secretId);
  if (!secret) throw editError('secretId', `there is no secret ${secretId}`);
  return secret;
}

/** The folder that an edit names. */
export function folderOf(world: World, folderId: number): Folder {
  const folder = world.folders.get(folderId);
  if (!folder) throw editError('folderId', `there is no folder ${folderId}`);
  return folder;
}

/** The template that an edit names. */
export function templateByName(world: World, name: string): Template {
  const template = world.templateNamed(name);
  if (!template) throw editError('template', `there is no template ${name}`);
  return template;
}

/** The account that an edit names; the administrator without a name. */
export function accountOf(world: World, userName: string | undefined): Account {
  const account = world.accountNamed(userName ?? administratorName);
  if (!account) throw editError('user', `there is no account ${String(userName)}`);
  return account;
}
