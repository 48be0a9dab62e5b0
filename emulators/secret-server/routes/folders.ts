import type { BoundArguments } from '../bound-arguments';
import { addFolder, childNamed, childrenOf, folderAt, folderPath, mayIn, subtreeIds } from '../folder-tree';
import { pageOf } from '../paging';
import { domainError, json } from '../replies';
import type { Call, Route } from '../routing';
import { accessDenied } from '../secret-access';
import type { Folder, FolderAccess } from '../state';
import type { World } from '../world';
import { required } from './named-secret';

/** FolderModel; `withChildren` renders the whole tree below, else `childFolders` is null. */
function folderModel(world: World, folder: Folder, withChildren = false, withTemplates = false): object {
  return {
    id: folder.id,
    folderName: folder.name,
    folderPath: folderPath(world, folder.id),
    parentFolderId: folder.parentId,
    folderTypeId: 1,
    secretPolicyId: -1,
    inheritSecretPolicy: false,
    inheritPermissions: folder.inheritPermissions,
    childFolders: withChildren
      ? childrenOf(world, folder.id).map((child) => folderModel(world, child, true))
      : null,
    secretTemplates: withTemplates
      ? [...world.templates.values()].map(({ id, name }) => ({ id, name }))
      : null,
  };
}

/** The folder in the path; 0 with `folderPath` in the query means the folder at that path. */
function namedFolder({ world, account, params, query }: Call, wanted: FolderAccess): Folder {
  const id = Number(params['id']);
  const path = query.text('folderPath');
  const folder = id === 0 && path !== undefined ? folderAt(world, path) : world.folders.get(id);
  if (!folder || !mayIn(world, account.id, folder.id, wanted)) throw accessDenied(world);
  return folder;
}

function found({ world, account, query }: Call): Folder[] {
  const text = query.text('searchText')?.toLowerCase() ?? '';
  const accepts = byParent(world, query);
  return [...world.folders.values()].filter(
    (folder) =>
      folder.name.toLowerCase().includes(text) &&
      accepts(folder) &&
      mayIn(world, account.id, folder.id, 'view'),
  );
}

function byParent(world: World, query: BoundArguments): (folder: Folder) => boolean {
  if (query.flag('onlyIncludeRootFolders') === true) return (folder) => folder.parentId === -1;
  const parentId = query.integer('parentFolderId');
  if (parentId === undefined) return () => true;
  if (query.flag('limitToDirectDescendents') === true) return (folder) => folder.parentId === parentId;
  const ids = subtreeIds(world, parentId);
  return (folder) => folder.id !== parentId && ids.has(folder.id);
}

function get(call: Call): Response {
  const { world, query } = call;
  const folder = namedFolder(call, 'view');
  const templates = query.flag('includeAssociatedTemplates') === true;
  return json(folderModel(world, folder, query.flag('getAllChildren') === true, templates));
}

function stub(): Response {
  return json({
    id: 0,
    folderName: '',
    folderPath: null,
    parentFolderId: -1,
    folderTypeId: 1,
    secretPolicyId: -1,
    inheritSecretPolicy: false,
    inheritPermissions: false,
    childFolders: null,
    secretTemplates: null,
  });
}

/** A root folder cannot inherit permissions: the product answers "access denied" to that. */
function create({ world, account, body }: Call): Response {
  const name = required(body.text('folderName'), 'folderName');
  required(body.integer('folderTypeId'), 'folderTypeId');
  const parentId = required(body.integer('parentFolderId'), 'parentFolderId');
  const inherit = body.flag('inheritPermissions') ?? parentId !== -1;
  if (parentId === -1 && inherit) throw accessDenied(world);
  requireParent(world, account.id, parentId);
  requireFreeName(world, parentId, name);
  return json(folderModel(world, addFolder(world, name, parentId, inherit)));
}

function update(call: Call): Response {
  const { world, body } = call;
  const folder = namedFolder(call, 'owner');
  const name = required(body.text('folderName'), 'folderName');
  changeFolder(call, folder, name, body.integer('parentFolderId') ?? folder.parentId);
  return json(folderModel(world, folder));
}

function patch(call: Call): Response {
  const { world, body } = call;
  const data = body.nested('data');
  const folder = namedFolder(call, 'owner');
  const name = data.dirty('folderName')?.text('value') ?? folder.name;
  changeFolder(call, folder, name, data.dirty('parentFolderId')?.integer('value') ?? folder.parentId);
  folder.inheritPermissions = data.dirty('inheritPermissions')?.flag('value') ?? folder.inheritPermissions;
  return json(folderModel(world, folder));
}

function changeFolder({ world, account }: Call, folder: Folder, name: string, parentId: number): void {
  if (parentId !== folder.parentId) requireParent(world, account.id, parentId);
  if (subtreeIds(world, folder.id).has(parentId)) {
    throw domainError('API_InvalidParentFolder', 'A folder cannot be moved below itself.');
  }
  if (childNamed(world, parentId, name) !== folder) requireFreeName(world, parentId, name);
  folder.name = name;
  folder.parentId = parentId;
}

function remove(call: Call): Response {
  const { world } = call;
  const folder = namedFolder(call, 'owner');
  const ids = subtreeIds(world, folder.id);
  for (const secret of world.secrets.values()) {
    if (secret.active && ids.has(secret.folderId))
      throw domainError('API_FolderNotEmpty', 'The folder is not empty.');
  }
  for (const id of ids) world.folders.delete(id);
  return json({ id: folder.id, objectType: 'Folder', responseCodes: [] });
}

function requireParent(world: World, accountId: number, parentId: number): void {
  const exists = parentId === -1 || world.folders.has(parentId);
  if (!exists || !mayIn(world, accountId, parentId, 'edit')) throw accessDenied(world);
}

function requireFreeName(world: World, parentId: number, name: string): void {
  if (name.trim() === '' || /[\\/]/.test(name))
    throw domainError('API_InvalidFolderName', 'The folder name is not valid.');
  if (childNamed(world, parentId, name))
    throw domainError('API_DuplicateFolderName', 'The folder name is already in use.');
}

const operation = 'folders';

/** Routes of folders. */
export const folderRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/folders',
    operation,
    handle: (call) => json(pageOf(found(call), call.query, (folder) => folderModel(call.world, folder))),
  },
  {
    method: 'GET',
    path: '/api/v1/folders/lookup',
    operation,
    handle: (call) => json(pageOf(found(call), call.query, ({ id, name }) => ({ id, value: name }))),
  },
  { method: 'GET', path: '/api/v1/folders/stub', operation, handle: stub },
  { method: 'GET', path: '/api/v1/folders/{id}', operation, handle: get },
  { method: 'POST', path: '/api/v1/folders', operation, handle: create },
  { method: 'PUT', path: '/api/v1/folders/{id}', operation, handle: update },
  { method: 'PATCH', path: '/api/v1/folder/{id}', operation, handle: patch },
  { method: 'DELETE', path: '/api/v1/folders/{id}', operation, handle: remove },
];
