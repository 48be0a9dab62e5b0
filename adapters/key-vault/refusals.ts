import { z } from 'zod';
import type { ErrorCode } from '../../domain/errors/catalogue';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { parseAnswer } from '../http/answers';
import type { TransportFailure } from '../http/failures';
import { retryAfterMs, type Headers } from '../http/retry-after';

const errorAnswer = z.object({
  error: z.object({ code: z.string(), innererror: z.object({ code: z.string() }).nullish() }),
});

/** Inner codes. Source: https://learn.microsoft.com/azure/key-vault/general/common-error-codes. */
const byInnerCode: Readonly<Record<string, ErrorCode>> = {
  SecretDisabled: 'KeyVaultSecretDisabled',
  ForbiddenByRbac: 'KeyVaultForbiddenByRbac',
  ForbiddenByPolicy: 'KeyVaultForbiddenByPolicy',
  AccessDenied: 'KeyVaultForbiddenByPolicy',
  ForbiddenByFirewall: 'KeyVaultForbiddenByFirewall',
  ObjectIsDeletedButRecoverable: 'KeyVaultNameSoftDeleted',
  ObjectIsBeingDeleted: 'KeyVaultObjectBeingDeleted',
  ObjectIsBeingRecovered: 'KeyVaultObjectBeingRecovered',
};

const byStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'KeyVaultBadParameter',
  401: 'KeyVaultTokenRefused',
  403: 'KeyVaultForbidden',
  404: 'KeyVaultSecretNotFound',
  408: 'KeyVaultTimedOut',
  409: 'KeyVaultConflict',
  413: 'KeyVaultBadParameter',
  429: 'KeyVaultThrottled',
};

const byFailure = {
  timedOut: 'KeyVaultTimedOut',
  unreachable: 'KeyVaultUnreachable',
  untrusted: 'KeyVaultUntrusted',
  connectionLost: 'KeyVaultConnectionLost',
} as const satisfies Record<TransportFailure['kind'], ErrorCode>;

/** The error for an answer that is not a success. Its text has the status and Azure's request id, nothing else. */
export function keyVaultRefusal(
  operation: string,
  status: number,
  text: string,
  headers: Headers,
): SsakvError {
  const waitMs = retryAfterMs(headers);
  return new SsakvError(refusalCode(status, text), {
    detail: `${operation} was answered with HTTP status ${status}.${requestId(headers)}`,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  });
}

/** The error for an answer that never came. */
export function keyVaultFailure(operation: string, failure: TransportFailure): SsakvError {
  const systemCode = failure.systemCode === undefined ? '' : ` (${failure.systemCode})`;
  return new SsakvError(byFailure[failure.kind], { detail: `The call was ${operation}${systemCode}.` });
}

function refusalCode(status: number, text: string): ErrorCode {
  if (status >= 500) return 'KeyVaultUnavailable';
  const answer = parseAnswer(text, errorAnswer);
  const inner = answer.kind === 'parsed' ? answer.value.error.innererror?.code : undefined;
  const known = inner === undefined || (status !== 403 && status !== 409) ? undefined : byInnerCode[inner];
  return known ?? byStatus[status] ?? 'KeyVaultRequestRefused';
}

/** By which Microsoft's support and the diagnostic log find the call. Shown only if it has the shape of a GUID. */
function requestId(headers: Headers): string {
  const id = headers.get('x-ms-request-id') ?? '';
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) ? ` Azure's request id is ${id}.` : '';
}
