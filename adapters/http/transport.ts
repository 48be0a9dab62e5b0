import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { getCACertificates } from 'node:tls';
import { createDefaultHttpClient, type HttpClient, type PipelineRequest } from '@azure/core-rest-pipeline';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { countCall } from './call-counts';
import { correlationId } from './correlation';

/** How to get to one outside system. Each endpoint has its own, so that one proxy or CA never serves another. */
export interface EndpointSettings {
  /** URL of an HTTP proxy. Without it the variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY hold. */
  readonly proxy?: string | undefined;
  /** Absolute path of a PEM file whose certificates are trusted beside the built-in roots. */
  readonly caFile?: string | undefined;
}

/**
 * The sockets of one endpoint: kept alive, through its proxy, trusting its extra CA.
 *
 * Node's own agents do the proxying: the SDK's proxy policy ignores the CA of a proxied endpoint.
 * Errors: `ExtraCaUnreadable`. Source: https://nodejs.org/docs/latest-v24.x/api/http.html#built-in-proxy-support.
 */
export function openTransport(endpoint: EndpointSettings): HttpClient {
  const proxyEnv =
    endpoint.proxy === undefined ? process.env : { HTTP_PROXY: endpoint.proxy, HTTPS_PROXY: endpoint.proxy };
  const trusted = endpoint.caFile === undefined ? {} : { ca: trustedRoots(endpoint.caFile) };
  // Said out loud, so that NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment switches nothing off.
  const secure = new HttpsAgent({ keepAlive: true, proxyEnv, rejectUnauthorized: true, ...trusted });
  const plain = new HttpAgent({ keepAlive: true, proxyEnv });
  const client = createDefaultHttpClient();
  return {
    sendRequest: (request) => {
      request.agent = request.url.startsWith('https:') ? secure : plain;
      return client.sendRequest(request);
    },
  };
}

/** What is done around each HTTP request that leaves, also for those an SDK adds by itself. */
export interface Observer {
  /** `<side>.<operation>` under which the request is counted. */
  readonly operation: (request: PipelineRequest) => string;
  /** Awaited right before the request leaves. Throwing keeps it from leaving. */
  readonly before?: (request: PipelineRequest) => Promise<void>;
}

/** The same transport with the correlation id, the call count and the observer's own step on every request. */
export function observe(transport: HttpClient, observer: Observer): HttpClient {
  return {
    sendRequest: async (request) => {
      const id = correlationId();
      if (id !== undefined) request.headers.set('x-ms-client-request-id', id);
      await observer.before?.(request);
      countCall(observer.operation(request));
      return transport.sendRequest(request);
    },
  };
}

/** `ca` replaces Node's list, so the list is repeated in front of the extra certificates. */
function trustedRoots(caFile: string): string[] {
  try {
    const extra = readFileSync(caFile, 'utf8');
    if (isCertificate(extra)) return [...getCACertificates('default'), extra];
  } catch {
    // Told below, like a file that holds something else.
  }
  throw new SsakvError('ExtraCaUnreadable', { detail: `The file is ${caFile}.` });
}

/** Node takes any text as `ca` and then trusts nothing more; OpenSSL's parser tells. */
function isCertificate(pem: string): boolean {
  return new X509Certificate(pem).subject !== undefined;
}
