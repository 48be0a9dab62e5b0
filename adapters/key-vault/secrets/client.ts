import type { TokenCredential } from '@azure/core-auth';
import {
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient,
  type HttpMethods,
  type Pipeline,
  type PipelineRequest,
} from '@azure/core-rest-pipeline';
import { SecretClient } from '@azure/keyvault-secrets';
import type { VaultSettings } from '../../../domain/connectors';
import { SsakvError } from '../../../domain/errors/ssakv-error';
import { transportFailure } from '../../http/failures';
import { deadlineIn, restOptions, type Deadline } from '../../http/pipeline';
import type { Headers } from '../../http/retry-after';
import { observe, openTransport } from '../../http/transport';
import { keyVaultFailure } from '../refusals';

/** Awaited before each HTTP request; throwing keeps the request from being made. */
export type Spend = (kind: 'create' | 'other') => Promise<void>;

export interface KeyVaultOptions {
  /** Time for one operation with its sign-in and its wait for the call budget, in milliseconds. */
  readonly requestTimeoutMs: number;
  readonly spend?: Spend;
}

/** One vault's secrets. Keep it: each new one costs a request without a token, by which it learns where to sign in. */
export interface KeyVaultSecretsConnection {
  readonly vaultUrl: string;
  readonly pipeline: Pipeline;
  readonly transport: HttpClient;
  readonly requestTimeoutMs: number;
  readonly spend: Spend | undefined;
}

export interface KeyVaultCall {
  /** Counted as `keyVault.<operation>`. */
  readonly operation: string;
  readonly method: HttpMethods;
  /** Below the vault's URL, e.g. `/secrets/name/`; or a whole URL of the same origin. */
  readonly path: string;
  readonly body?: unknown;
  /** Whether the request makes a new version, which has a smaller budget of its own. */
  readonly creates?: boolean;
  readonly signal?: AbortSignal;
}

/** `sent` is false when it is certain that the vault never saw the request with its body. */
export type KeyVaultExchange = { readonly sent: boolean } & (
  | { readonly kind: 'answered'; readonly status: number; readonly text: string; readonly headers: Headers }
  | { readonly kind: 'failed'; readonly error: SsakvError }
);

/**
 * Opens the secrets of a vault on the official client, without retries.
 *
 * Errors: `ExtraCaUnreadable`. The API version is pinned, so that a newer SDK does not change what is on the wire.
 */
export function openKeyVaultSecrets(
  vault: VaultSettings,
  credential: TokenCredential,
  options: KeyVaultOptions,
): KeyVaultSecretsConnection {
  const client = new SecretClient(vault.url, credential, {
    ...restOptions,
    serviceVersion: '2025-07-01',
    disableChallengeResourceVerification: !vault.cloud.challengeVerification,
  });
  return {
    vaultUrl: vault.url,
    pipeline: pipelineOf(client),
    transport: openTransport(vault),
    requestTimeoutMs: options.requestTimeoutMs,
    spend: options.spend,
  };
}

/**
 * The SDK's own pipeline: its sign-in by challenge, its token cache, its API version.
 *
 * Requests go over it as plain REST, because the SDK's methods lose what this product needs: dates after
 * 2038-01-19 overflow to negative numbers, pages lose their next link, a login page with status 200 becomes a
 * TypeError, and a refused write throws an error whose request holds the secret's value.
 */
function pipelineOf(client: SecretClient): Pipeline {
  const inner: unknown = client['client'];
  if (!holdsPipeline(inner)) throw new TypeError('@azure/keyvault-secrets keeps its pipeline elsewhere now');
  return inner.pipeline;
}

function holdsPipeline(inner: unknown): inner is { readonly pipeline: Pipeline } {
  return typeof inner === 'object' && inner !== null && 'pipeline' in inner;
}

/** Makes one call. Throws only the reason of `call.signal` when the caller gave up; all else is the result. */
export async function exchange(
  connection: KeyVaultSecretsConnection,
  call: KeyVaultCall,
): Promise<KeyVaultExchange> {
  const deadline = deadlineIn(connection.requestTimeoutMs, call.signal);
  const progress = { sent: false };
  try {
    const transport = observedTransport(connection, call, deadline, progress);
    const response = await connection.pipeline.sendRequest(transport, requestFor(connection, call, deadline));
    return {
      kind: 'answered',
      sent: progress.sent,
      status: response.status,
      text: response.bodyAsText ?? '',
      headers: response.headers,
    };
  } catch (error) {
    call.signal?.throwIfAborted();
    return { kind: 'failed', ...failureOf(error, `keyVault.${call.operation}`, progress.sent) };
  }
}

function requestFor(
  connection: KeyVaultSecretsConnection,
  call: KeyVaultCall,
  deadline: Deadline,
): PipelineRequest {
  const headers = createHttpHeaders({ accept: 'application/json' });
  if (call.body !== undefined) headers.set('content-type', 'application/json');
  return createPipelineRequest({
    url: call.path.startsWith('/') ? `${connection.vaultUrl}${call.path}` : call.path,
    method: call.method,
    headers,
    abortSignal: deadline.signal,
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
}

/** The SDK asks for the challenge by a request without token and body: it is paid and counted as one of its own. */
function observedTransport(
  connection: KeyVaultSecretsConnection,
  call: KeyVaultCall,
  deadline: Deadline,
  progress: { sent: boolean },
): HttpClient {
  const isProbe = (request: PipelineRequest): boolean => !request.headers.has('authorization');
  return observe(connection.transport, {
    operation: (request) => `keyVault.${isProbe(request) ? 'challenge' : call.operation}`,
    before: async (request) => {
      if (deadline.passed())
        throw new SsakvError('KeyVaultTimedOut', { detail: 'The sign-in took all the time.' });
      await connection.spend?.(call.creates === true && !isProbe(request) ? 'create' : 'other');
      if (deadline.passed()) throw new SsakvError('KeyVaultBudgetExhausted');
      progress.sent ||= !isProbe(request);
    },
  });
}

/** What is neither ours nor the transport's is the SDK's refusal to follow a challenge. */
function failureOf(error: unknown, operation: string, sent: boolean): { error: SsakvError; sent: boolean } {
  if (error instanceof SsakvError) return { error, sent };
  const failure = transportFailure(error);
  if (failure === undefined) return { error: new SsakvError('KeyVaultChallengeMismatch'), sent: false };
  return { error: keyVaultFailure(operation, failure), sent: sent && !failure.neverSent };
}
