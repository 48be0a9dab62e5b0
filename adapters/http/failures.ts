type FailureKind = 'timedOut' | 'unreachable' | 'untrusted' | 'connectionLost';

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
  const systemCode = systemCodeOf(error);
  if (systemCode === undefined) return undefined;
  if (certificateRefused.test(systemCode)) return { kind: 'untrusted', systemCode, neverSent: true };
  if (beforeConnecting.has(systemCode)) return { kind: 'unreachable', systemCode, neverSent: true };
  const kind = systemCode === 'ETIMEDOUT' ? 'timedOut' : 'connectionLost';
  return { kind, systemCode, neverSent: false };
}

/** Node's code, on the pipeline's own error or on the error of a stream; for the former there is always one. */
function systemCodeOf(error: unknown): string | undefined {
  const code = memberOf(error, 'code');
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? code : undefined;
}

function isAbort(error: unknown): boolean {
  const name = memberOf(error, 'name');
  return name === 'AbortError' || name === 'TimeoutError';
}

function memberOf(error: unknown, name: 'code' | 'name'): unknown {
  return typeof error === 'object' && error !== null && name in error ? Reflect.get(error, name) : undefined;
}
