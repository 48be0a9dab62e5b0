import { setTimeout as sleep } from 'node:timers/promises';
import type { Emulators } from './emulators';

/** An answer with its body as text and, where it is JSON, parsed. */
export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: T;
}

export interface SecretServerCalls {
  /** A call with the token of the session, below the base path. A plain object becomes a JSON body. */
  call<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answer<T>>;
  readonly token: string;
}

/** A form-encoded request to the token endpoint. */
export async function askToken(
  { ready }: Emulators,
  form: Readonly<Record<string, string>>,
): Promise<Answer> {
  return rawCall(`${ready.secretServer.httpUrl}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
}

/** Signs in (as the ready line's account unless told otherwise) and returns calls that carry the token. */
export async function signIn(
  emulators: Emulators,
  account: { username: string; password: string } = emulators.ready.secretServer,
): Promise<SecretServerCalls> {
  const { username, password } = account;
  const { json } = await askToken(emulators, { grant_type: 'password', username, password });
  const token = String(json['access_token']);
  return { token, call: async (method, path, body) => callWith(emulators, token, method, path, body) };
}

/** A call with that token. */
export async function callWith<T>(
  { ready }: Emulators,
  token: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer<T>> {
  const headers = new Headers({ authorization: `Bearer ${token}` });
  const form = body instanceof FormData;
  if (body !== undefined && !form) headers.set('content-type', 'application/json');
  return rawCall(`${ready.secretServer.httpUrl}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
  });
}

/** Any call. */
export async function rawCall<T>(url: string, init: RequestInit = {}): Promise<Answer<T>> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parsed(text) as T };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Asks again until the answer fits. */
export async function until<T>(ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    await sleep(20);
  }
}
