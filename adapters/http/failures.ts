import { isRestError } from '@azure/core-rest-pipeline';

export type FailureKind = 'timedOut' | 'unreachable' | 'untrusted' | 'connectionLost';

/** Why no answer came. Holds nothing of the request or of the original error's text. */
export interface TransportFailure {
  readonly kind: FailureKind;
  /** Node's code of the failure, e.g. `ECONNREFUSED`. */
  readonly systemCode: string | undefined;
  /** True when it is certain that no byte of the request reached the other side. */
  readonly neverSent: boolean;
}

/** Failures of name look-up and connect: there was no connection over which anything could have been sent. */
const beforeConnecting = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ERR_PROXY_TUNNEL']);

/** Node checks the server's certificate itself, before the request. Source: https://nodejs.org/api/tls.html#x509-certificate-error-codes. */
const certificateRefused =
  /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|ERR_TLS_CERT_)/;

/** Classifies what a transport threw; undefined when it is not a failure of the transport. */
export function transportFailure(error: unknown): TransportFailure | undefined {
  if (isAbort(error)) return { kind: 'timedOut', systemCode: undefined, neverSent: false };
  if (!isRestError(error) || error.statusCode !== undefined) return undefined;
  const systemCode = /^[A-Z0-9_]{1,64}$/.test(error.code ?? '') ? error.code : undefined;
  if (systemCode === undefined) return { kind: 'connectionLost', systemCode, neverSent: false };
  if (certificateRefused.test(systemCode)) return { kind: 'untrusted', systemCode, neverSent: true };
  if (beforeConnecting.has(systemCode)) return { kind: 'unreachable', systemCode, neverSent: true };
  if (systemCode === 'ETIMEDOUT') return { kind: 'timedOut', systemCode, neverSent: false };
  return { kind: 'connectionLost', systemCode, neverSent: false };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}
