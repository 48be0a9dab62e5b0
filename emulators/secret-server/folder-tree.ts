import type { FolderAccess, Folder } from './state';
import type { World } from './world';

const rank: Readonly<Record<FolderAccess, number>> = { none: 0, view: 1, edit: 2, owner: 3 };

/** The path with backslashes and a leading one, e.g. `\Production\Web`; empty for no folder. */
export function folderPath(world: World, folderId: number): string {
  const folder = world.folders.get(folderId);
  return folder ? `${folderPath(world, folder.parentId)}\\${folder.name}` : '';
}

/** The folder at a path; both separators, any case. Undefined when there is none. */
export function folderAt(world: World, path: string): Folder | undefined {
  const names = path.split(/[\\/]+/).filter((name) => name !== '');
  let parentId = -1;
  let found: Folder | undefined;
  for (const name of names) {
    found = childNamed(world, parentId, name);
    if (!found) return undefined;
    parentId = found.id;
  }
  return found;
}

/** The folder of that name directly under another (-1: root folders). Names fold case. */
export function childNamed(world: World, parentId: number, name: string): Folder | undefined {
  for (const folder of world.folders.values()) {
    if (folder.parentId === parentId && folder.name.toLowerCase() === name.toLowerCase()) return folder;
  }
  return undefined;
}

/** Direct children, in order of name. */
export function childrenOf(world: World, folderId: number): Folder[] {
  return [...world.folders.values()]
    .filter((folder) => folder.parentId === folderId)
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** The ids of a folder and of all folders below it. */
export function subtreeIds(world: World, folderId: number): Set<number> {
  const ids = new Set([folderId]);
  for (const child of childrenOf(world, folderId)) for (const id of subtreeIds(world, child.id)) ids.add(id);
  return ids;
}

/** Adds a folder. The caller has checked that the name is free. */
export function addFolder(
  world: World,
  name: string,
  parentId: number,
  inheritPermissions = parentId !== -1,
): Folder {
  const folder = { id: world.nextId('folder'), name, parentId, inheritPermissions, access: {} };
  world.folders.set(folder.id, folder);
  return folder;
}

/** The folder at a path, with every missing folder on the way added. */
export function ensureFolder(world: World, path: string): Folder {
  let folder: Folder | undefined;
  for (const name of path.split(/[\\/]+/).filter((part) => part !== '')) {
    const parentId = folder?.id ?? -1;
    folder = childNamed(world, parentId, name) ?? addFolder(world, name, parentId);
  }
  if (!folder) throw new Error('a folder path has at least one name');
  return folder;
}

/** What an account may do in a folder. Everything, unless this folder or one above it says otherwise. */
function accessTo(world: World, accountId: number, folderId: number): FolderAccess {
  const folder = world.folders.get(folderId);
  if (!folder) return 'owner';
  return folder.access[accountId] ?? accessTo(world, accountId, folder.parentId);
}

/** Whether an account may do at least that in a folder. */
export function mayIn(world: World, accountId: number, folderId: number, wanted: FolderAccess): boolean {
  return rank[accessTo(world, accountId, folderId)] >= rank[wanted];
}
