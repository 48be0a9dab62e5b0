import { z } from 'zod';
import type { SecretServerSettings } from '../../domain/connectors';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { parseSuccess, secretServerError } from './refusals';
import type { Send } from './send';

const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

interface Token {
  readonly text: string;
  /** By `performance.now()`, which a changed wall clock does not move. */
  readonly renewAtMs: number;
}

/** The token of one account on one server. */
export interface Session {
  /** A token that is good for a while, logging in if there is none. Errors: `SecretServerLoginFailed` and the rest. */
  token(): Promise<string>;
  /** Drops a token that the server refused, unless it has been replaced already. */
  discard(token: string): void;
}

/**
 * Logs in when a token is needed, once for all who wait. Nothing is kept on disk.
 *
 * Source: Secret Server REST API, POST oauth2/token with the grants `password` and `client_credentials`.
 */
export function openSession(settings: SecretServerSettings, secret: string, send: Send): Session {
  let current: Token | undefined;
  let login: Promise<Token> | undefined;
  const renew = async (): Promise<Token> => {
    try {
      current = await logIn(settings, secret, send);
      return current;
    } finally {
      login = undefined;
    }
  };
  return {
    token: async () => {
      if (current !== undefined && performance.now() < current.renewAtMs) return current.text;
      login ??= renew();
      return (await login).text;
    },
    discard: (token) => {
      if (current?.text === token) current = undefined;
    },
  };
}

async function logIn(settings: SecretServerSettings, secret: string, send: Send): Promise<Token> {
  const askedAtMs = performance.now();
  const response = await send({
    operation: 'token',
    method: 'POST',
    path: '/oauth2/token',
    form: grant(settings, secret),
  });
  if (response.status === 400 || response.status === 401) throw new SsakvError('SecretServerLoginFailed');
  if (response.status !== 200) throw secretServerError('secretServer.token', response);
  const { access_token, expires_in } = parseSuccess('token', response.body, tokenAnswer);
  return { text: access_token, renewAtMs: askedAtMs + usableMs(expires_in) };
}

/** A minute before the end, or after half of a short life: long enough for the request that is about to start. */
function usableMs(expiresInSeconds: number): number {
  return Math.max(expiresInSeconds - 60, expiresInSeconds / 2) * 1000;
}

function grant({ authMethod, username }: SecretServerSettings, secret: string): Record<string, string> {
  if (authMethod === 'clientCredentials') {
    return { grant_type: 'client_credentials', client_id: username, client_secret: secret };
  }
  const backslash = username.indexOf('\\');
  if (backslash < 0) return { grant_type: 'password', username, password: secret };
  const domain = username.slice(0, backslash);
  return { grant_type: 'password', domain, username: username.slice(backslash + 1), password: secret };
}
