import { AsyncLocalStorage } from 'node:async_hooks';
import { z } from 'zod';
import type { HttpClient, PipelineResponse } from '@azure/core-rest-pipeline';
import type { ErrorCode } from '../../domain/errors/catalogue';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { parseAnswer } from '../http/answers';
import { transportFailure, type TransportFailure } from '../http/failures';
import { retryAfterMs } from '../http/retry-after';

/** What the last HTTP exchange of one sign-in came to. */
interface SignIn {
  status?: number;
  /** AADSTS numbers of an error answer. */
  numbers?: readonly number[];
  retryAfterMs?: number | undefined;
  failure?: TransportFailure | undefined;
}

const current = new AsyncLocalStorage<SignIn>();

const errorAnswer = z.object({ error: z.string(), error_codes: z.array(z.number()).optional() });

/** AADSTS numbers. Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes. */
const byNumber: Readonly<Record<number, ErrorCode>> = {
  7000215: 'EntraWrongSecret',
  7000216: 'EntraWrongSecret',
  7000222: 'EntraCredentialExpired',
  700016: 'EntraUnknownApplication',
  7000112: 'EntraApplicationDisabled',
  90002: 'EntraWrongTenant',
  900023: 'EntraWrongTenant',
  50020: 'EntraWrongTenant',
  700027: 'EntraCertificateNotRegistered',
  700030: 'EntraCertificateNotRegistered',
  700024: 'EntraClockSkew',
  70021: 'EntraFederationNotMatched',
  700211: 'EntraFederationNotMatched',
  700212: 'EntraFederationNotMatched',
  700213: 'EntraFederationNotMatched',
  50196: 'EntraThrottled',
};

/**
 * Runs one sign-in and turns whatever it throws into an `SsakvError`.
 *
 * Entra's library reports nearly every failure as `AuthenticationRequiredError`, and an unknown tenant like an
 * unreachable authority. What was on the wire is therefore kept beside it and decides first. `localFailure` is the
 * code where the library failed before it sent anything.
 */
export function classifyingSignIn<T>(work: () => Promise<T>, localFailure: ErrorCode): Promise<T> {
  const signIn: SignIn = {};
  return current.run(signIn, async () => {
    try {
      return await work();
    } catch (error) {
      throw error instanceof SsakvError ? error : signInError(error, signIn, localFailure);
    }
  });
}

/** A transport that notes the outcome of each exchange for `classifyingSignIn`. */
export function noting(transport: HttpClient): HttpClient {
  return {
    sendRequest: async (request) => {
      const signIn = current.getStore();
      try {
        const response = await transport.sendRequest(request);
        if (signIn !== undefined) noteAnswer(signIn, response);
        return response;
      } catch (error) {
        if (signIn !== undefined) signIn.failure = transportFailure(error);
        throw error;
      }
    },
  };
}

function noteAnswer(signIn: SignIn, response: PipelineResponse): void {
  signIn.status = response.status;
  signIn.failure = undefined;
  signIn.retryAfterMs = retryAfterMs(response.headers);
  const answer = parseAnswer(response.bodyAsText ?? '', errorAnswer);
  signIn.numbers = answer.kind === 'parsed' ? (answer.value.error_codes ?? []) : [];
}

function signInError(error: unknown, signIn: SignIn, localFailure: ErrorCode): SsakvError {
  const cause = libraryCause(error);
  const numbers = [...(signIn.numbers ?? []), ...(cause.number === undefined ? [] : [cause.number])];
  const status = signIn.status ?? cause.status;
  const code = codeFor(signIn.failure, numbers, status, cause.errorCode) ?? localFailure;
  const parts = [
    numbers[0] === undefined ? undefined : `AADSTS${numbers[0]}.`,
    status === undefined ? undefined : `HTTP status ${status}.`,
    signIn.failure?.systemCode === undefined ? undefined : `${signIn.failure.systemCode}.`,
  ];
  const detail = parts.filter(Boolean).join(' ');
  return new SsakvError(code, {
    ...(detail === '' ? {} : { detail }),
    ...(signIn.retryAfterMs === undefined ? {} : { retryAfterMs: signIn.retryAfterMs }),
  });
}

function codeFor(
  failure: TransportFailure | undefined,
  numbers: readonly number[],
  status: number | undefined,
  errorCode: string | undefined,
): ErrorCode | undefined {
  if (failure?.kind === 'untrusted') return 'EntraUntrusted';
  if (failure !== undefined) return 'EntraUnreachable';
  for (const number of numbers) {
    const known = byNumber[number];
    if (known !== undefined) return known;
  }
  if (status === 429) return 'EntraThrottled';
  if (status !== undefined && status >= 500) return 'EntraUnavailable';
  if (errorCode === 'invalid_client') return 'EntraWrongSecret';
  if (errorCode === 'unauthorized_client') return 'EntraUnknownApplication';
  if (status !== undefined && status >= 400) return 'EntraRefused';
  return status === undefined ? undefined : 'EntraUnavailable';
}

/** The members by which MSAL classifies: `errorCode`, `status` and `errorNo` of the cause. Never its texts. */
function libraryCause(error: unknown): { errorCode?: string; status?: number; number?: number } {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  if (typeof cause !== 'object' || cause === null) return {};
  const { errorCode, status, errorNo } = cause as {
    errorCode?: unknown;
    status?: unknown;
    errorNo?: unknown;
  };
  const number = typeof errorNo === 'string' || typeof errorNo === 'number' ? Number(errorNo) : Number.NaN;
  return {
    ...(typeof errorCode === 'string' ? { errorCode } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(Number.isInteger(number) ? { number } : {}),
  };
}
