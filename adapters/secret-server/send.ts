import {
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient,
  type PipelineRequest,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import type { SecretServerSettings } from '../../domain/connectors';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { transportFailure } from '../http/failures';
import { createRestPipeline, deadlineIn, type Deadline } from '../http/pipeline';
import { observe, openTransport } from '../http/transport';
import { secretServerFailure, type SecretServerResponse } from './refusals';

export interface SecretServerRequest {
  /** Counted as `secretServer.<operation>`. */
  readonly operation: string;
  readonly method: 'GET' | 'POST';
  /** Below the base URL, e.g. `/api/v1/version`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly token?: string;
  /** A larger answer ends in `SecretServerFileTooLarge`. */
  readonly mostBytes?: number;
  readonly signal?: AbortSignal;
}

/** Makes one HTTP request. Throws for answers that never came, and the signal's reason; any status is a result. */
export type Send = (request: SecretServerRequest) => Promise<SecretServerResponse>;

/** Opens the sockets to one Secret Server. `requestTimeoutMs` covers one request with its whole answer. */
export function openSend(settings: SecretServerSettings, requestTimeoutMs: number): Send {
  const transport = openTransport(settings);
  const pipeline = createRestPipeline();
  return async (request) => {
    const deadline = deadlineIn(requestTimeoutMs, request.signal);
    const observed: HttpClient = observe(transport, { operation: () => `secretServer.${request.operation}` });
    try {
      const response = await pipeline.sendRequest(observed, wireRequest(settings.url, request, deadline));
      return { status: response.status, headers: response.headers, body: await readBody(response, request) };
    } catch (error) {
      request.signal?.throwIfAborted();
      if (error instanceof SsakvError) throw error;
      const failure = transportFailure(error);
      throw failure === undefined ? error : secretServerFailure(`secretServer.${request.operation}`, failure);
    }
  };
}

function wireRequest(baseUrl: string, request: SecretServerRequest, deadline: Deadline): PipelineRequest {
  const url = new URL(`${baseUrl}${request.path}`);
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, String(value));
  const headers = createHttpHeaders({ accept: 'application/json' });
  if (request.token !== undefined) headers.set('authorization', `Bearer ${request.token}`);
  if (request.json !== undefined) headers.set('content-type', 'application/json');
  if (request.form !== undefined) headers.set('content-type', 'application/x-www-form-urlencoded');
  const body =
    request.form === undefined ? JSON.stringify(request.json) : new URLSearchParams(request.form).toString();
  return createPipelineRequest({
    url: url.toString(),
    method: request.method,
    headers,
    abortSignal: deadline.signal,
    // The configuration admits plain HTTP on loopback only.
    allowInsecureConnection: url.protocol === 'http:',
    // The pipeline reads bodies as text, which destroys the bytes of files.
    streamResponseStatusCodes: new Set([Number.POSITIVE_INFINITY]),
    ...(body === undefined ? {} : { body }),
  });
}

async function readBody(response: PipelineResponse, request: SecretServerRequest): Promise<Buffer> {
  const mostBytes = request.mostBytes ?? Number.POSITIVE_INFINITY;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response.readableStreamBody ?? []) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > mostBytes)
      throw new SsakvError('SecretServerFileTooLarge', { detail: `It has over ${mostBytes} bytes.` });
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}
