import type { SecretServerSettings } from '../../domain/connectors';
import { SsakvError } from '../../domain/errors/ssakv-error';
import type { ResolvedCredential } from '../credentials';
import { accessDenied, secretServerError, tokenRefused, type SecretServerResponse } from './refusals';
import { openSend, type SecretServerRequest, type Send } from './send';
import { openSession, type Session } from './session';

/** One Secret Server under one account. Keep it: the token lives here. */
export interface SecretServerConnection {
  readonly session: Session;
  readonly send: Send;
}

export type SecretServerAnswer =
  | { readonly kind: 'ok'; readonly body: Buffer }
  /** Not permitted, not there or deleted: Secret Server does not tell which. */
  | { readonly kind: 'accessDenied' }
  /** HTTP 400 for another reason. */
  | { readonly kind: 'refused'; readonly error: SsakvError };

/**
 * Opens a Secret Server; logs in at the first call that needs it.
 *
 * Errors: `CredentialNotUsable`, `ExtraCaUnreadable`.
 */
export function openSecretServer(
  settings: SecretServerSettings,
  resolved: ResolvedCredential,
  options: { readonly requestTimeoutMs: number },
): SecretServerConnection {
  if (resolved.kind !== 'text') {
    throw new SsakvError('CredentialNotUsable', {
      detail: `Secret Server ${settings.name} needs a password, but the credential is of the kind ${resolved.kind}.`,
    });
  }
  const send = openSend(settings, options.requestTimeoutMs);
  return { session: openSession(settings, resolved.text, send), send };
}

/**
 * Makes one authenticated call; a refused token is replaced once.
 *
 * Errors: the `SecretServer…` codes for all that is neither a success nor a 400.
 */
export async function call(
  connection: SecretServerConnection,
  request: SecretServerRequest,
): Promise<SecretServerAnswer> {
  const response = await sendWithToken(connection, request);
  if (response.status === 200) return { kind: 'ok', body: response.body };
  if (accessDenied(response)) return { kind: 'accessDenied' };
  const error = secretServerError(`secretServer.${request.operation}`, response);
  if (response.status === 400) return { kind: 'refused', error };
  throw error;
}

/** A call whose refusals are errors. Adds `SecretServerAccessDenied` and `SecretServerRequestRefused`. */
export async function require200(
  connection: SecretServerConnection,
  request: SecretServerRequest,
): Promise<Buffer> {
  const answer = await call(connection, request);
  if (answer.kind === 'ok') return answer.body;
  if (answer.kind === 'refused') throw answer.error;
  throw new SsakvError('SecretServerAccessDenied', {
    detail: `The call was secretServer.${request.operation}.`,
  });
}

async function sendWithToken(
  connection: SecretServerConnection,
  request: SecretServerRequest,
): Promise<SecretServerResponse> {
  const token = await connection.session.token();
  const response = await connection.send({ ...request, token });
  if (!tokenRefused(response)) return response;
  connection.session.discard(token);
  const again = await connection.send({ ...request, token: await connection.session.token() });
  if (tokenRefused(again)) throw new SsakvError('SecretServerTokenRefused');
  return again;
}
