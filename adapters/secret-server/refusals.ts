import { z } from 'zod';
import type { ErrorCode } from '../../domain/errors/catalogue';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { orAbsent, parseAnswer } from '../http/answers';
import type { TransportFailure } from '../http/failures';
import { retryAfterMs, type Headers } from '../http/retry-after';

/** One HTTP answer of Secret Server, body as bytes because file fields are not text. */
export interface SecretServerResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

const errorAnswer = z.object({ message: orAbsent(z.string()), errorCode: orAbsent(z.string()) });

/**
 * The one text by which something is classified: Secret Server answers an expired token with 403 and exactly this
 * message. Source: docs/api-contracts.md of the vendor's Go module github.com/DelineaXPM/delinea-common.
 */
const expiredTokenMessage = 'Authentication failed or expired token.';

const byFailure = {
  timedOut: 'SecretServerTimedOut',
  unreachable: 'SecretServerUnreachable',
  untrusted: 'SecretServerUntrusted',
  connectionLost: 'SecretServerConnectionLost',
} as const satisfies Record<TransportFailure['kind'], ErrorCode>;

const byStatus: Readonly<Record<number, ErrorCode>> = {
  401: 'SecretServerTokenRefused',
  // Secret Server Cloud was seen to answer a bare 403 when requests came too fast.
  403: 'SecretServerRefusedForNow',
  404: 'SecretServerWrongAddress',
  405: 'SecretServerWrongAddress',
  408: 'SecretServerTimedOut',
  429: 'SecretServerThrottled',
};

/** Whether the token has to be renewed: 401 for an unknown one, 403 with the documented body for an expired one. */
export function tokenRefused(response: SecretServerResponse): boolean {
  return (
    response.status === 401 || (response.status === 403 && bodyOf(response)?.message === expiredTokenMessage)
  );
}

/** `API_AccessDenied` stands for "not permitted", "not there" and "deleted" alike; 10.9 sent it with status 403. */
export function accessDenied(response: SecretServerResponse): boolean {
  const denies = response.status === 400 || response.status === 403;
  return denies && bodyOf(response)?.errorCode === 'API_AccessDenied';
}

/** The error for an answer that is neither a success nor a refusal the caller can interpret. */
export function secretServerError(operation: string, response: SecretServerResponse): SsakvError {
  const waitMs = retryAfterMs(response.headers);
  return new SsakvError(errorCode(response), {
    detail: `${operation} was answered with HTTP status ${response.status}.`,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  });
}

/** The error for an answer that never came. */
export function secretServerFailure(operation: string, failure: TransportFailure): SsakvError {
  const systemCode = failure.systemCode === undefined ? '' : ` (${failure.systemCode})`;
  return new SsakvError(byFailure[failure.kind], { detail: `The call was ${operation}${systemCode}.` });
}

/** Reads a success. Error: `SecretServerAnsweredGarbage`. */
export function parseSuccess<T>(operation: string, body: Buffer, schema: z.ZodType<T>): T {
  const answer = parseAnswer(body.toString('utf8'), schema);
  if (answer.kind === 'parsed') return answer.value;
  throw new SsakvError('SecretServerAnsweredGarbage', {
    detail: `The call was secretServer.${operation}. ${answer.where}`,
  });
}

function errorCode(response: SecretServerResponse): ErrorCode {
  if (accessDenied(response)) return 'SecretServerAccessDenied';
  if (response.status >= 500) return 'SecretServerUnavailable';
  if (response.status >= 300 && response.status < 400) return 'SecretServerWrongAddress';
  return byStatus[response.status] ?? 'SecretServerRequestRefused';
}

function bodyOf(response: SecretServerResponse): z.infer<typeof errorAnswer> | undefined {
  const answer = parseAnswer(response.body.toString('utf8'), errorAnswer);
  return answer.kind === 'parsed' ? answer.value : undefined;
}
