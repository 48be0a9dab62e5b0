import { generateKeyPairSync } from 'node:crypto';
import type { BoundArguments } from '../bound-arguments';
import { mayIn } from '../folder-tree';
import { json } from '../replies';
import type { Call, Route } from '../routing';
import { accessDenied, findSecret, openSecret } from '../secret-access';
import { secretModel } from '../secret-models';
import {
  createSecret,
  fieldNamed,
  moveSecret,
  putFile,
  removeFile,
  renameSecret,
  setActive,
  templateOf,
  updateFields,
  type FieldValue,
} from '../secret-store';
import type { Secret, Template, TemplateField } from '../state';
import { accessOptions, namedSecret, required } from './named-secret';
import { generalModel } from './secret-reads';

/** Items of a create or update: the field by id or slug, a null value counts as empty. */
function itemsOf(body: BoundArguments): FieldValue[] {
  return body.list('items').map((item) => ({
    fieldId: item.integer('fieldId'),
    slug: item.text('slug') ?? item.text('fieldName'),
    value: item.text('itemValue') ?? '',
  }));
}

/** The folder that a body names, null and -1 being none. The caller must be allowed to add there. */
function targetFolder({ world, account }: Call, folderId: number | undefined): number {
  const target = folderId === undefined || folderId < 1 ? -1 : folderId;
  const exists = target === -1 || world.folders.has(target);
  if (!exists || !mayIn(world, account.id, target, 'edit')) throw accessDenied(world);
  return target;
}

function create(call: Call): Response {
  const { world, account, body } = call;
  const secret = createSecret(world, account, {
    name: required(body.text('name'), 'name'),
    templateId: required(body.integer('secretTemplateId'), 'secretTemplateId'),
    folderId: targetFolder(call, body.integer('folderId')),
    values: itemsOf(body),
  });
  secret.checkOutEnabled = body.flag('checkOutEnabled') ?? false;
  secret.checkOutIntervalMinutes = body.integer('checkOutIntervalMinutes') ?? secret.checkOutIntervalMinutes;
  secret.requiresComment = body.flag('requiresComment') ?? false;
  secret.autoChangeEnabled = body.flag('autoChangeEnabled') ?? false;
  if (body.nested('sshKeyArgs').flag('generateSshKeys') === true) generateKeyFiles(call, secret);
  return json(secretModel(world, secret));
}

/** A made key takes the file name that the item asks for, or else the field's name. */
function generateKeyFiles({ world, account, body }: Call, secret: Secret): void {
  const template = templateOf(world, secret);
  const { privateKey } = generateKeyPairSync('ed25519');
  const bytes = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  for (const field of template.fields.filter((candidate) => candidate.isFile)) {
    const item = body
      .list('items')
      .find((sent) => sent.integer('fieldId') === field.id || sent.text('slug') === field.slug);
    putFile(world, secret, account, { field, name: item?.text('filename') ?? '', bytes });
  }
}

/**
 * PUT replaces name, folder and the items it names. `active: false` is ignored: the official Go suite updates with
 * its zero value and reads the secret back.
 */
function update(call: Call): Response {
  const { world, account, body } = call;
  const options = accessOptions(call);
  const secret = namedSecret(call, 'edit', options);
  openSecret(world, secret, account, options);
  const name = required(body.text('name'), 'name');
  const folderId = body.has('folderId') ? targetFolder(call, body.integer('folderId')) : secret.folderId;
  updateFields(world, secret, account, itemsOf(body));
  renameSecret(world, secret, account, name);
  moveSecret(world, secret, account, folderId);
  updateSettings(secret, body);
  return json(secretModel(world, secret));
}

function updateSettings(secret: Secret, body: BoundArguments): void {
  secret.checkOutEnabled = body.flag('checkOutEnabled') ?? secret.checkOutEnabled;
  secret.checkOutIntervalMinutes =
    positive(body.integer('checkOutIntervalMinutes')) ?? secret.checkOutIntervalMinutes;
  secret.requiresComment = body.flag('requiresComment') ?? secret.requiresComment;
  secret.autoChangeEnabled = body.flag('autoChangeEnabled') ?? secret.autoChangeEnabled;
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}

/** PATCH changes only members marked dirty; `null` as the value of a file field takes the file away. */
function patchGeneral(call: Call): Response {
  const { world, account, body } = call;
  const data = body.nested('data');
  const options = { ...accessOptions(call), includeInactive: true };
  const secret = namedSecret(call, 'edit', options);
  const active = data.dirty('active')?.flag('value');
  if (active !== undefined) setActive(world, secret, account, active);
  findSecret(world, account, secret.id, 'edit', { includeInactive: active !== undefined });
  if (secret.active) {
    openSecret(world, secret, account, options);
    patchFields(call, secret, data);
    renameSecret(world, secret, account, data.dirty('name')?.text('value') ?? secret.name);
    const folder = data.dirty('folder');
    if (folder) moveSecret(world, secret, account, targetFolder(call, folder.integer('value')));
  }
  return json(generalModel(call, secret));
}

function patchFields({ world, account }: Call, secret: Secret, data: BoundArguments): void {
  const template = templateOf(world, secret);
  const dirty = data.list('secretFields').filter((field) => field.flag('dirty') === true);
  const sent = dirty.map((field) => ({ field: fieldNamed(template, field.text('slug') ?? ''), args: field }));
  const values = sent
    .filter(({ field }) => field?.isFile !== true)
    .map(({ args }) => ({ slug: args.text('slug'), value: args.text('value') ?? '' }));
  if (values.length > 0) updateFields(world, secret, account, values);
  for (const { field, args } of sent) {
    if (field?.isFile === true && args.isNull('value')) removeFile(world, secret, account, field);
  }
}

function deactivate(call: Call): Response {
  const secret = namedSecret(call, 'owner');
  setActive(call.world, secret, call.account, false);
  return json({ id: secret.id, objectType: 'Secret', responseCodes: [] });
}

function activate(call: Call): Response {
  const secret = namedSecret(call, 'owner', { includeInactive: true });
  setActive(call.world, secret, call.account, true);
  return json({ id: secret.id, objectType: 'Secret', responseCodes: [] });
}

/** SecretModel with id 0 and an empty item for each field: what a client fills in to create a secret. */
function stub(call: Call): Response {
  const { world, query } = call;
  const template = world.templates.get(required(query.integer('secretTemplateId'), 'secretTemplateId'));
  if (!template) throw accessDenied(world);
  return json({
    id: 0,
    name: '',
    folderId: query.integer('folderId') ?? -1,
    secretTemplateId: template.id,
    secretTemplateName: template.name,
    siteId: 1,
    active: true,
    items: stubItems(template),
    checkOutEnabled: false,
    requiresComment: false,
    autoChangeEnabled: false,
    enableInheritPermissions: true,
    enableInheritSecretPolicy: false,
    secretPolicyId: -1,
    responseCodes: [],
  });
}

function stubItems(template: Template): object[] {
  return template.fields.map((field: TemplateField) => ({
    itemId: 0,
    fieldId: field.id,
    fieldName: field.name,
    slug: field.slug,
    fieldDescription: field.name,
    itemValue: '',
    fileAttachmentId: null,
    filename: null,
    isFile: field.isFile,
    isNotes: field.isNotes,
    isPassword: field.isPassword,
    isList: false,
    listType: 'None',
  }));
}

/** Routes that create and change secrets. */
export const secretWriteRoutes: readonly Route[] = [
  { method: 'GET', path: '/api/v1/secrets/stub', operation: 'templates', handle: stub },
  { method: 'POST', path: '/api/v1/secrets', operation: 'create', handle: create },
  { method: 'PUT', path: '/api/v1/secrets/{id}', operation: 'update', handle: update },
  { method: 'DELETE', path: '/api/v1/secrets/{id}', operation: 'delete', handle: deactivate },
  ...(['v1', 'v2'] as const).map((version): Route => ({
    method: 'PATCH',
    path: `/api/${version}/secrets/{id}/general`,
    operation: 'patch',
    handle: patchGeneral,
  })),
  ...(['v1', 'v2', 'v3'] as const).map((version): Route => ({
    method: 'PUT',
    path: `/api/${version}/secrets/{id}/activate`,
    operation: 'activate',
    handle: activate,
  })),
];
