import { CompleteAsyncError, type Context } from '@temporalio/activity';
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import type {
  ActivityExecuteInput,
  ActivityInterceptors,
  Next,
  ActivityInboundCallsInterceptor,
} from '@temporalio/worker';
import { SsakvError } from '../domain/errors/ssakv-error';
import type { ActivityMetrics } from './telemetry/activity-metrics';
import type { Log } from './telemetry/log';

/**
 * Lets only safe failures reach Temporal's history: ours with their code as type, and for anything else one
 * generic sentence, because the text of a foreign error may hold a secret's value.
 */
export function failureInterceptor(
  log: Log,
  metrics: ActivityMetrics,
): (context: Context) => ActivityInterceptors {
  return (context) => ({ inbound: new SafeFailures(context, log, metrics) });
}

class SafeFailures implements ActivityInboundCallsInterceptor {
  constructor(
    private readonly context: Context,
    private readonly log: Log,
    private readonly metrics: ActivityMetrics,
  ) {}

  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const startedAt = performance.now();
    let outcome = 'completed';
    try {
      return await next(input);
    } catch (error) {
      const failure = this.isCancellation(error) ? error : toTemporalFailure(error);
      outcome = this.nameOutcome(failure);
      if (outcome === 'Unexpected') this.reportUnexpected(error);
      throw failure;
    } finally {
      this.metrics.observe(this.context.info.activityType, outcome, performance.now() - startedAt);
    }
  }

  /** An AbortError that follows a cancellation means nothing else than that. */
  private isCancellation(error: unknown): boolean {
    return this.context.cancellationSignal.aborted && error instanceof Error && error.name === 'AbortError';
  }

  private nameOutcome(failure: unknown): string {
    if (failure instanceof ApplicationFailure) return failure.type ?? 'ApplicationFailure';
    return failure instanceof CompleteAsyncError ? 'completed' : 'cancelled';
  }

  private reportUnexpected(error: unknown): void {
    const { activityType, attempt, workflowExecution } = this.context.info;
    const entry = {
      error,
      activityType,
      attempt,
      workflowId: workflowExecution?.workflowId,
    };
    this.log.error(entry, 'An activity failed with an error that is not one of ours; its text is withheld.');
  }
}

/** A wait that the other side asks for is believed up to here: a date in next year would stop the connector until then. */
const longestDelayMs = 10 * 60_000;

/**
 * The failure that Temporal may keep. `type` is the error's code; a retryable error carries the wait that the
 * other side asked for.
 */
export function toTemporalFailure(error: unknown): Error {
  if (error instanceof TemporalFailure || error instanceof CompleteAsyncError) return error;
  if (error instanceof SsakvError) {
    return ApplicationFailure.create({
      type: error.code,
      message: error.message,
      nonRetryable: !error.retryable,
      ...(isDelay(error.retryAfterMs) && { nextRetryDelay: Math.min(error.retryAfterMs, longestDelayMs) }),
    });
  }
  const className = error instanceof Error ? error.constructor.name : typeof error;
  const unexpected = new SsakvError('Unexpected', { detail: `Its class is ${className}.` });
  return ApplicationFailure.create({
    type: unexpected.code,
    message: unexpected.message,
    nonRetryable: false,
  });
}

/** The server takes a delay of zero as a failure that is not tried again; without one, the retry policy tells the delay. */
function isDelay(milliseconds: number | undefined): milliseconds is number {
  return milliseconds !== undefined && milliseconds > 0;
}
