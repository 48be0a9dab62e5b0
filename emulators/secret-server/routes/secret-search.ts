import type { BoundArguments } from '../bound-arguments';
import { mayIn, subtreeIds } from '../folder-tree';
import { pageOf } from '../paging';
import { json } from '../replies';
import type { Call, Route } from '../routing';
import { currentCheckOut } from '../secret-access';
import { secretSummary } from '../secret-models';
import { itemOf, templateOf } from '../secret-store';
import type { FolderAccess, Secret } from '../state';
import { namedSecret } from './named-secret';

const permissions: Readonly<Record<string, FolderAccess>> = {
  list: 'view',
  view: 'view',
  edit: 'edit',
  owner: 'owner',
};

/** The secrets that a search finds, by id. Secrets that the caller may not see are not there, without a word. */
function found(call: Call): Secret[] {
  const { world, query } = call;
  const accepts = [bySettings(call), byFolder(call), byText(call)];
  const allowed = new Map<number, boolean>();
  const wanted = permissions[(query.text('permissionRequired') ?? 'view').toLowerCase()] ?? 'view';
  const mayList = (folderId: number): boolean => {
    const known = allowed.get(folderId) ?? mayIn(world, call.account.id, folderId, wanted);
    allowed.set(folderId, known);
    return known;
  };
  return [...world.secrets.values()].filter(
    (secret) => accepts.every((accept) => accept(secret)) && mayList(secret.folderId),
  );
}

function bySettings({ world, query }: Call): (secret: Secret) => boolean {
  const includeActive = query.flag('includeActive') ?? true;
  const includeInactive = query.flag('includeInactive') ?? false;
  const templateIds = [...query.integers('secretTemplateIds'), ...query.integers('secretTemplateId')];
  const secretIds = query.integers('secretIds');
  const checkedOut = query.flag('onlyCheckedOutSecrets') === true;
  return (secret) =>
    (secret.active ? includeActive : includeInactive) &&
    (templateIds.length === 0 || templateIds.includes(secret.templateId)) &&
    (secretIds.length === 0 || secretIds.includes(secret.id)) &&
    (!checkedOut || currentCheckOut(world, secret) !== undefined);
}

function byFolder({ world, query }: Call): (secret: Secret) => boolean {
  const folderId = query.integer('folderId');
  if (folderId === undefined) return () => true;
  const ids = query.flag('includeSubFolders') === true ? subtreeIds(world, folderId) : new Set([folderId]);
  return (secret) => ids.has(secret.folderId);
}

/** With a field named, only that field; without, the name and every field that is no password, note or file. */
function byText({ world, query }: Call): (secret: Secret) => boolean {
  const text = query.text('searchText')?.toLowerCase() ?? '';
  if (text === '') return () => true;
  const fieldName = (query.text('searchFieldSlug') || query.text('searchField') || '').toLowerCase();
  const exact = query.flag('isExactMatch') === true;
  const fits = (value: string): boolean =>
    exact ? value.toLowerCase() === text : value.toLowerCase().includes(text);
  return (secret) => {
    const fields = templateOf(world, secret).fields.filter((field) => !field.isPassword && !field.isFile);
    const named = fields.filter((field) => [field.slug, field.name.toLowerCase()].includes(fieldName));
    if (fieldName === 'name' && named.length === 0) return fits(secret.name);
    if (fieldName !== '') return named.some((field) => fits(itemOf(secret, field).value));
    return fits(secret.name) || fields.some((field) => !field.isNotes && fits(itemOf(secret, field).value));
  };
}

function search(call: Call): Response {
  const { world, account, query } = call;
  return json(pageOf(found(call), query, secretSummary(world, account, extendedFieldNames(query))));
}

function extendedFieldNames(query: BoundArguments): readonly string[] {
  return query.texts('extendedFields').flatMap((names) => names.split(','));
}

function lookup(call: Call): Response {
  return json(pageOf(found(call), call.query, ({ id, name }) => ({ id, value: name })));
}

function lookupOne(call: Call): Response {
  const { id, name } = namedSecret(call, 'view');
  return json({ id, value: name });
}

/** Routes that find secrets. */
export const secretSearchRoutes: readonly Route[] = [
  ...(['v1', 'v2'] as const).flatMap((version): Route[] => [
    { method: 'GET', path: `/api/${version}/secrets`, operation: 'search', handle: search },
    {
      method: 'GET',
      path: `/api/${version}/secrets/search-total`,
      operation: 'search',
      handle: (call) => json(found(call).length),
    },
  ]),
  {
    method: 'GET',
    path: '/api/v1/secrets/search-for-ids',
    operation: 'search',
    handle: (call) => json(found(call).map((secret) => secret.id)),
  },
  { method: 'GET', path: '/api/v1/secrets/lookup', operation: 'search', handle: lookup },
  { method: 'GET', path: '/api/v1/secrets/lookup/{id}', operation: 'search', handle: lookupOne },
];
