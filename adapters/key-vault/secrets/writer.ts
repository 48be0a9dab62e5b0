import { SsakvError } from '../../../domain/errors/ssakv-error';
import { parseAnswer } from '../../http/answers';
import { keyVaultRefusal } from '../refusals';
import { exchange, type KeyVaultCall, type KeyVaultSecretsConnection } from './client';
import { writtenBundle, type SecretItem } from './wire';

export interface SetSecretRequest {
  readonly name: string;
  readonly value: string;
  readonly contentType?: string;
  /** The whole set: a new version inherits nothing. */
  readonly tags: Readonly<Record<string, string>>;
  readonly enabled: boolean;
  readonly expiresSeconds?: number;
  readonly notBeforeSeconds?: number;
}

/** The service answered 4xx, or the request never left: it is certain that nothing was written. */
interface Refused {
  readonly kind: 'refused';
  readonly error: SsakvError;
}

/** Timeout, cut connection, 5xx or an answer that is none: it may have been written. Settle before writing again. */
interface Unknown {
  readonly kind: 'unknown';
  readonly error: SsakvError;
}

export type SetSecretResult =
  | {
      readonly kind: 'written';
      readonly version: string;
      readonly createdSeconds: number;
      readonly updatedSeconds: number;
    }
  | Refused
  | Unknown;

export type UpdateTagsResult =
  { readonly kind: 'updated'; readonly updatedSeconds: number } | Refused | Unknown;

/**
 * Makes a new version by exactly one PUT. What HTTP came to is the result; nothing is thrown for it.
 *
 * Source: https://learn.microsoft.com/rest/api/keyvault/secrets/set-secret. PUT is neither idempotent nor
 * conditional there, which is why an unknown outcome is told apart from a refusal.
 */
export async function setSecret(
  connection: KeyVaultSecretsConnection,
  request: SetSecretRequest,
): Promise<SetSecretResult> {
  const { name, value, contentType, tags, enabled, expiresSeconds, notBeforeSeconds } = request;
  const attributes = {
    enabled,
    ...(expiresSeconds === undefined ? {} : { exp: expiresSeconds }),
    ...(notBeforeSeconds === undefined ? {} : { nbf: notBeforeSeconds }),
  };
  const body = { value, ...(contentType === undefined ? {} : { contentType }), tags, attributes };
  const result = await write(connection, {
    operation: 'set',
    method: 'PUT',
    path: `/secrets/${name}`,
    body,
    creates: true,
  });
  if (result.kind !== 'done') return result;
  const { created, updated } = result.item.attributes;
  return {
    kind: 'written',
    version: result.item.id.version,
    createdSeconds: created,
    updatedSeconds: updated,
  };
}

/**
 * Replaces the whole tag set of one version by PATCH; no version is made and no attribute changes.
 *
 * Source: https://learn.microsoft.com/rest/api/keyvault/secrets/update-secret.
 */
export async function updateTags(
  connection: KeyVaultSecretsConnection,
  name: string,
  version: string,
  tags: Readonly<Record<string, string>>,
): Promise<UpdateTagsResult> {
  const path = `/secrets/${name}/${version}`;
  const result = await write(connection, { operation: 'update', method: 'PATCH', path, body: { tags } });
  if (result.kind !== 'done') return result;
  return { kind: 'updated', updatedSeconds: result.item.attributes.updated };
}

type Written = { readonly kind: 'done'; readonly item: SecretItem } | Refused | Unknown;

async function write(connection: KeyVaultSecretsConnection, call: KeyVaultCall): Promise<Written> {
  const answer = await exchange(connection, call);
  if (answer.kind === 'failed') return { kind: answer.sent ? 'unknown' : 'refused', error: answer.error };
  if (answer.status === 200 && answer.sent) return readWritten(call, answer.text);
  const error = keyVaultRefusal(`keyVault.${call.operation}`, answer.status, answer.text, answer.headers);
  // 408 comes from a proxy that stopped waiting for the vault, so the vault may have gone on.
  const refused = answer.status >= 400 && answer.status < 500 && answer.status !== 408;
  return { kind: refused || !answer.sent ? 'refused' : 'unknown', error };
}

function readWritten(call: KeyVaultCall, text: string): Written {
  const answer = parseAnswer(text, writtenBundle);
  if (answer.kind === 'parsed') return { kind: 'done', item: answer.value };
  const detail = `The call was keyVault.${call.operation}. ${answer.where}`;
  return { kind: 'unknown', error: new SsakvError('KeyVaultAnsweredGarbage', { detail }) };
}
