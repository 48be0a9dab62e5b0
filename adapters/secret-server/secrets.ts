import { z } from 'zod';
import { orAbsent } from '../http/answers';
import type { SecretField } from '../../domain/canonical-values';
import type { ParkReason } from '../../domain/compare';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { correlationId } from '../http/correlation';
import { call, require200, type SecretServerAnswer, type SecretServerConnection } from './client';
import { parseSuccess } from './refusals';
import { isReadOnly } from './server';

export interface ReadOptions {
  /** Given for secrets that ask for one; the correlation id is added, so that Secret Server's audit names it too. */
  readonly comment?: string;
  /** Which file fields are fetched (a call each); all of them without it. */
  readonly wantsFile?: (field: { readonly slug: string; readonly name: string }) => boolean;
}

interface ReadableSecret {
  readonly id: number;
  readonly name: string;
  readonly folderId: number;
  readonly templateId: number;
  readonly templateName: string;
  readonly active: boolean;
  readonly fields: readonly SecretField[];
}

export type SecretReading =
  | { readonly kind: 'read'; readonly secret: ReadableSecret }
  /** Not permitted, not there or deleted. Never conclude from it alone that the secret is gone. */
  | { readonly kind: 'accessDenied' }
  /** It cannot be read now; later, or after somebody acts in Secret Server, it can. */
  | { readonly kind: 'parked'; readonly reason: ParkReason };

/** Key Vault takes 25,000 bytes for everything; a file far beyond that is not even loaded. */
const mostFileBytes = 1_000_000;

const itemAnswer = z.object({
  fieldId: z.number().int(),
  fieldName: z.string(),
  slug: z.string(),
  itemValue: orAbsent(z.string()),
  isPassword: z.boolean(),
  isFile: z.boolean(),
  fileAttachmentId: orAbsent(z.number().int()),
});

const secretAnswer = z.object({
  id: z.number().int(),
  name: z.string(),
  folderId: orAbsent(z.number().int()),
  secretTemplateId: z.number().int(),
  secretTemplateName: orAbsent(z.string()),
  active: z.boolean(),
  isRestricted: orAbsent(z.boolean()),
  responseCodes: orAbsent(z.array(z.string())),
  items: z.array(itemAnswer),
});

type SecretAnswer = z.infer<typeof secretAnswer>;
type ItemAnswer = z.infer<typeof itemAnswer>;

/** The vendor's `SecretAccessRequired`. Source: Secret Server REST API, GET v1/secrets/{id}/state. */
const stateAnswer = z.object({ secretState: z.string() });

const reasonByState: Readonly<Record<string, ParkReason>> = {
  RequiresCheckout: 'CheckedOut',
  RequiresCheckoutPendingRPC: 'CheckedOut',
  RequiresCheckoutAndComment: 'CheckedOut',
  RequiresApproval: 'ApprovalRequired',
  RequiresComment: 'CommentRequired',
  RequiresDoubleLockPassword: 'DoubleLocked',
  CreateDoubleLockPassword: 'DoubleLocked',
  DoubleLockNoAccess: 'DoubleLocked',
};

/**
 * A secret with its fields, the bytes of its files included. Never checks a secret out.
 *
 * Errors: the `SecretServer…` codes. Source: GET v2/secrets/{id}, POST v1/secrets/{id}/restricted.
 */
export async function readSecret(
  connection: SecretServerConnection,
  secretId: number,
  options: ReadOptions = {},
): Promise<SecretReading> {
  const path = `/api/v2/secrets/${secretId}`;
  const answer = await call(connection, {
    operation: 'read',
    method: 'GET',
    path,
    query: { noAutoCheckout: true },
  });
  if (answer.kind === 'accessDenied') return answer;
  const secret = answer.kind === 'ok' ? parseSuccess('read', answer.body, secretAnswer) : undefined;
  if (secret !== undefined && !mayBeWithheld(secret))
    return readFields(connection, secret, options, undefined);
  const error = answer.kind === 'refused' ? answer.error : undefined;
  return readObstructed(connection, secretId, options, { secret, error });
}

/**
 * A restricted secret can be answered with empty values instead of a refusal. Taken at face value, they would empty
 * the external secret.
 */
function mayBeWithheld(secret: SecretAnswer): boolean {
  return secret.isRestricted === true || (secret.responseCodes ?? []).length > 0;
}

async function readObstructed(
  connection: SecretServerConnection,
  secretId: number,
  options: ReadOptions,
  first: { readonly secret: SecretAnswer | undefined; readonly error: SsakvError | undefined },
): Promise<SecretReading> {
  const state = await readState(connection, secretId);
  if (state === 'None' && first.secret !== undefined)
    return readFields(connection, first.secret, options, undefined);
  if (state === undefined || state === 'CannotView' || state === 'RequiresUndelete')
    return { kind: 'accessDenied' };
  const reason = reasonByState[state];
  if (reason === 'CommentRequired' && options.comment !== undefined) {
    return readWithComment(connection, secretId, options, withCorrelation(options.comment));
  }
  if (reason !== undefined) return { kind: 'parked', reason };
  return parkedOrThrow(connection, first.error ?? new SsakvError('SecretServerRequestRefused'));
}

async function readWithComment(
  connection: SecretServerConnection,
  secretId: number,
  options: ReadOptions,
  comment: string,
): Promise<SecretReading> {
  const path = `/api/v1/secrets/${secretId}/restricted`;
  const answer = await call(connection, {
    operation: 'read',
    method: 'POST',
    path,
    json: restricted(comment),
  });
  if (answer.kind === 'accessDenied') return answer;
  if (answer.kind === 'refused') return parkedOrThrow(connection, answer.error);
  return readFields(connection, parseSuccess('read', answer.body, secretAnswer), options, comment);
}

/** A refusal without a reason of its own: a server in read-only mode refuses what writes an audit. */
async function parkedOrThrow(connection: SecretServerConnection, error: SsakvError): Promise<SecretReading> {
  if (await isReadOnly(connection)) return { kind: 'parked', reason: 'ReadOnlyMode' };
  throw error;
}

async function readState(connection: SecretServerConnection, secretId: number): Promise<string | undefined> {
  const path = `/api/v1/secrets/${secretId}/state`;
  const answer: SecretServerAnswer = await call(connection, { operation: 'state', method: 'GET', path });
  if (answer.kind === 'refused') throw answer.error;
  return answer.kind === 'ok' ? parseSuccess('state', answer.body, stateAnswer).secretState : undefined;
}

async function readFields(
  connection: SecretServerConnection,
  answer: SecretAnswer,
  options: ReadOptions,
  comment: string | undefined,
): Promise<SecretReading> {
  const fields: SecretField[] = [];
  for (const item of answer.items) {
    const wanted = item.isFile && item.fileAttachmentId !== undefined && wantsFile(item, options);
    const bytes = wanted ? await readFile(connection, answer.id, item.slug, comment) : undefined;
    fields.push(toField(item, bytes));
  }
  const { id, name, active } = answer;
  const templateName = answer.secretTemplateName ?? '';
  const folderId = answer.folderId ?? -1;
  const secret = { id, name, folderId, templateId: answer.secretTemplateId, templateName, active, fields };
  return { kind: 'read', secret };
}

function wantsFile(item: ItemAnswer, options: ReadOptions): boolean {
  return options.wantsFile?.({ slug: item.slug, name: item.fieldName }) ?? true;
}

/** The value of a file field is a placeholder text, never its content. */
function toField(item: ItemAnswer, bytes: Buffer | undefined): SecretField {
  const { fieldId, slug, isPassword, isFile } = item;
  const value = isFile ? undefined : (item.itemValue ?? undefined);
  return {
    fieldId,
    slug,
    name: item.fieldName,
    isPassword,
    isFile,
    value,
    ...(bytes === undefined ? {} : { bytes }),
  };
}

function readFile(
  connection: SecretServerConnection,
  secretId: number,
  slug: string,
  comment: string | undefined,
): Promise<Buffer> {
  const field = `fields/${encodeURIComponent(slug)}`;
  const common = { operation: 'readField', mostBytes: mostFileBytes } as const;
  if (comment === undefined) {
    const path = `/api/v1/secrets/${secretId}/${field}`;
    return require200(connection, { ...common, method: 'GET', path, query: { noAutoCheckout: true } });
  }
  const path = `/api/v1/secrets/${secretId}/restricted/${field}`;
  return require200(connection, { ...common, method: 'POST', path, json: restricted(comment) });
}

function restricted(comment: string): object {
  return { comment, noAutoCheckout: true, includeInactive: false };
}

function withCorrelation(comment: string): string {
  const id = correlationId();
  return id === undefined ? comment : `${comment} (correlation id ${id})`;
}
