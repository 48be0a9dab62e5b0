import { never } from './stamps';
import { domainError } from './replies';
import type { Account, Secret, SecretItem, Template, TemplateField } from './state';
import type { World } from './world';

/** A field by id, slug or name, with the value that it is to have. */
export interface FieldValue {
  readonly fieldId?: number | undefined;
  readonly slug?: string | undefined;
  readonly value: string;
}

/** The template that a secret is made from. */
export function templateOf(world: World, secret: Secret): Template {
  const template = world.templates.get(secret.templateId);
  if (!template) throw new Error(`secret ${secret.id} has no template`);
  return template;
}

/** A template's field by slug or, as clients also send it, by name. Undefined when there is none. */
export function fieldNamed(template: Template, name: string): TemplateField | undefined {
  const wanted = name.toLowerCase();
  return template.fields.find((field) => field.slug === wanted || field.name.toLowerCase() === wanted);
}

/** The stored item of a field; a secret carries one for every field of its template. */
export function itemOf(secret: Secret, field: TemplateField): SecretItem {
  const item = secret.items.find((candidate) => candidate.fieldId === field.id);
  if (!item) throw new Error(`secret ${secret.id} has no item for field ${field.id}`);
  return item;
}

/** Makes a secret and its CREATE row. Refused: an empty name, an unknown field, a required field left empty. */
export function createSecret(
  world: World,
  account: Account,
  request: { name: string; templateId: number; folderId: number; values: readonly FieldValue[] },
): Secret {
  const template = world.templates.get(request.templateId);
  if (!template) throw domainError('API_SecretTemplateNotFound', 'The Secret template was not found.');
  requireName(request.name);
  const items = template.fields.map((field) => ({
    itemId: world.nextId('item'),
    fieldId: field.id,
    value: '',
  }));
  assignValues(template, items, request.values);
  requireValues(template, items);
  const id = world.nextId('secret');
  const { dateRecorded } = world.audit(id, 'CREATE', account);
  const secret = {
    ...newSecret(id, dateRecorded),
    name: request.name,
    folderId: request.folderId,
    templateId: template.id,
    items,
  };
  world.secrets.set(id, secret);
  return secret;
}

function newSecret(
  id: number,
  createDate: string,
): Omit<Secret, 'name' | 'folderId' | 'templateId' | 'items'> {
  return {
    id,
    createDate,
    active: true,
    checkOutEnabled: false,
    checkOutIntervalMinutes: 30,
    requiresComment: false,
    requiresApproval: false,
    approvedAccountIds: [],
    doubleLocked: false,
    autoChangeEnabled: false,
    heartbeatStatus: 'Pending',
    lastHeartBeatCheck: never,
    lastPasswordChangeAttempt: never,
    failedPasswordChangeAttempts: 0,
    outOfSyncReason: '',
    expired: false,
    lastAccessed: {},
  };
}

/** Changes text fields, all or none, with one UPDATE row. Refused as in createSecret. File fields are left alone. */
export function updateFields(
  world: World,
  secret: Secret,
  account: Account,
  values: readonly FieldValue[],
  notes = '',
): void {
  const template = templateOf(world, secret);
  const changed = secret.items.map((item) => ({ ...item }));
  assignValues(template, changed, values);
  requireValues(template, changed);
  secret.items.forEach((item, index) => (item.value = changed[index]?.value ?? item.value));
  world.audit(secret.id, 'UPDATE', account, notes);
}

/** Stores a file in a file field, with one UPDATE row. A client that sends no name gets the field's name. */
export function putFile(
  world: World,
  secret: Secret,
  account: Account,
  file: { field: TemplateField; name: string; bytes: Buffer },
): void {
  const item = itemOf(secret, file.field);
  item.file = {
    attachmentId: world.nextId('attachment'),
    name: file.name === '' ? file.field.name : file.name,
    base64: file.bytes.toString('base64'),
  };
  world.audit(secret.id, 'UPDATE', account, `File: ${file.field.name}`);
}

/** Takes a file away, with one UPDATE row. */
export function removeFile(world: World, secret: Secret, account: Account, field: TemplateField): void {
  delete itemOf(secret, field).file;
  world.audit(secret.id, 'UPDATE', account, `File: ${field.name}`);
}

/** Renames a secret, with one UPDATE row unless the name is the same. */
export function renameSecret(world: World, secret: Secret, account: Account, name: string): void {
  requireName(name);
  if (secret.name === name) return;
  secret.name = name;
  world.audit(secret.id, 'UPDATE', account, 'Name');
}

/** Moves a secret to another folder (-1: none), with one MOVE row unless it is there already. */
export function moveSecret(world: World, secret: Secret, account: Account, folderId: number): void {
  if (secret.folderId === folderId) return;
  secret.folderId = folderId;
  world.audit(secret.id, 'MOVE', account);
}

/** Deactivates or reactivates a secret, with one DELETE or UNDELETE row. */
export function setActive(world: World, secret: Secret, account: Account, active: boolean): void {
  if (secret.active === active) return;
  secret.active = active;
  world.audit(secret.id, active ? 'UNDELETE' : 'DELETE', account);
}

function assignValues(template: Template, items: SecretItem[], values: readonly FieldValue[]): void {
  for (const { fieldId, slug, value } of values) {
    const field =
      template.fields.find((candidate) => candidate.id === fieldId) ??
      (slug === undefined || slug === '' ? undefined : fieldNamed(template, slug));
    if (!field) throw domainError('API_SecretFieldNotFound', 'Secret field not found');
    const item = items.find((candidate) => candidate.fieldId === field.id);
    if (item && !field.isFile) item.value = value;
  }
}

function requireValues(template: Template, items: readonly SecretItem[]): void {
  for (const field of template.fields) {
    const item = items.find((candidate) => candidate.fieldId === field.id);
    if (field.isRequired && item?.value === '' && item.file === undefined) {
      throw domainError('API_RequiredFieldMissing', 'Secret field is required');
    }
  }
}

function requireName(name: string): void {
  if (name.trim() === '') throw domainError('API_RequiredFieldMissing', 'Secret name is required');
}
