import { createPipelineFromOptions, type Pipeline } from '@azure/core-rest-pipeline';

/**
 * Options of every pipeline, the SDKs' included: no retries and no redirects.
 *
 * Temporal retries; a second retry loop below it would repeat a PUT that is not idempotent and hide calls from the
 * budget. A redirect would carry a token or a value to an address that nobody configured.
 */
export const restOptions = {
  retryOptions: { maxRetries: 0 },
  redirectOptions: { maxRetries: 0 },
  userAgentOptions: { userAgentPrefix: 'ssakv' },
} as const;

/** The pipeline for systems without an SDK. Give it a transport of `http/transport` with each request. */
export function createRestPipeline(): Pipeline {
  return createPipelineFromOptions(restOptions);
}

/** A signal that fires when the time of one request is over, or when the caller gives up. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** True once the time is over, whether or not the caller gave up too. */
  readonly passed: () => boolean;
}

/** A deadline `timeoutMs` from now, joined with the caller's own signal. */
export function deadlineIn(timeoutMs: number, signal: AbortSignal | undefined): Deadline {
  const timer = AbortSignal.timeout(timeoutMs);
  return {
    signal: signal === undefined ? timer : AbortSignal.any([timer, signal]),
    passed: () => timer.aborted,
  };
}
