import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import { SsakvError } from '../domain/errors/ssakv-error';
import { classifyTemporalError } from '../workers/temporal-error';

/** What a person is told of an error: its code and its full sentences. */
export interface FailureText {
  readonly code: string;
  readonly message: string;
}

/** The code and sentences of any error. The text of an error that is not ours is withheld. */
export function describeFailure(error: unknown): FailureText {
  if (error instanceof SsakvError) return { code: error.code, message: error.message };
  if (error instanceof WorkflowFailedError) return describeWorkflowFailure(error);
  const known = classifyTemporalError(error);
  if (known !== undefined) return { code: known.code, message: known.message };
  const className = error instanceof Error ? error.constructor.name : typeof error;
  return describeFailure(new SsakvError('Unexpected', { detail: `Its class is ${className}.` }));
}

/** The innermost failure of ours says why; Temporal wraps it once for the activity and once for each child. */
function describeWorkflowFailure(error: WorkflowFailedError): FailureText {
  let found: FailureText | undefined;
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ApplicationFailure && cause.type)
      found = { code: cause.type, message: cause.message };
    found ??= describeEnd(cause);
  }
  return found ?? describeFailure(new SsakvError('WorkflowFailed'));
}

function describeEnd(cause: Error): FailureText | undefined {
  const why =
    (cause instanceof CancelledFailure && 'It was cancelled.') ||
    (cause instanceof TerminatedFailure && 'It was terminated.') ||
    (cause instanceof TimeoutFailure && 'It ran out of time.');
  return why ? describeFailure(new SsakvError('WorkflowFailed', { detail: why })) : undefined;
}
