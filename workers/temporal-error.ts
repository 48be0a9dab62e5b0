import { isGrpcServiceError, ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { SsakvError } from '../domain/errors/ssakv-error';

/** gRPC status codes. Source: https://grpc.io/docs/guides/status-codes/. */
const permissionDenied = 7;
const unauthenticated = 16;
const notFound = 5;

/**
 * Rethrows an error of the Temporal libraries as one of ours, by its status; passes every other error on.
 *
 * @throws SsakvError TemporalUnreachable, TemporalRefused, NamespaceMissing, WorkflowMissing
 */
export function asTemporalError(error: unknown): never {
  throw classifyTemporalError(error) ?? error;
}

/** The error of ours that says the same, or undefined when it is not an error of the Temporal connection. */
export function classifyTemporalError(error: unknown): SsakvError | undefined {
  if (error instanceof WorkflowNotFoundError) return new SsakvError('WorkflowMissing');
  const cause = error instanceof ServiceError ? error.cause : error;
  if (isGrpcServiceError(cause)) return fromStatus(cause.code);
  // The native connection reports everything that goes wrong on the way by this one class.
  const failedOnTheWay = cause instanceof Error && cause.name === 'TransportError';
  return failedOnTheWay || error instanceof ServiceError ? new SsakvError('TemporalUnreachable') : undefined;
}

function fromStatus(status: number): SsakvError {
  if (status === permissionDenied || status === unauthenticated) return new SsakvError('TemporalRefused');
  return new SsakvError(status === notFound ? 'NamespaceMissing' : 'TemporalUnreachable');
}
