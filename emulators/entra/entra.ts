import { randomUUID } from 'node:crypto';
import type { StandIn, StandInOptions } from '../frame/stand-in';
import { Directory, type DirectoryState, newDirectory } from './directory';
import { EntraError, tenantNotFound } from './errors';
import { instanceDiscovery, keySet, openIdConfiguration } from './metadata';
import { grantToken } from './token';

/** The Entra stand-in and the tenant behind it. */
export interface EntraStandIn extends StandIn {
  readonly directory: Directory;
}

interface Route {
  readonly operation: 'token' | 'discovery' | 'keys' | 'instance' | 'other';
  readonly tenant: string;
}

const PATHS: readonly (readonly [RegExp, Route['operation'], string])[] = [
  [/^\/(?<tenant>[^/]+)\/oauth2\/v2\.0\/token$/, 'token', 'POST'],
  [/^\/(?<tenant>[^/]+)\/v2\.0\/\.well-known\/openid-configuration$/, 'discovery', 'GET'],
  [/^\/(?<tenant>[^/]+)\/discovery\/v2\.0\/keys$/, 'keys', 'GET'],
  [/^\/(?<tenant>common)\/discovery\/instance$/, 'instance', 'GET'],
];

/**
 * One tenant of Microsoft Entra ID with app registrations. A reset keeps tenant, keys and apps: clients were told of
 * them once, when the process became ready.
 */
export function createEntra(options: StandInOptions): EntraStandIn {
  let directory: Directory | undefined;
  const current = (): Directory => (directory ??= new Directory(newDirectory()));
  return {
    service: 'entra',
    get directory() {
      return current();
    },
    classify({ method, url }) {
      const { operation } = routeOf(method, url.pathname);
      return { operation: operation === 'instance' ? 'discovery' : operation, object: '' };
    },
    async handle(request) {
      const now = options.clock.now();
      const correlationId = request.headers.get('client-request-id') ?? randomUUID();
      const { origin } = new URL(request.url);
      try {
        return json(200, correlationId, await answer(current(), request, now));
      } catch (error) {
        if (!(error instanceof EntraError)) throw error;
        return json(error.status, correlationId, error.toBody(origin, now, correlationId));
      }
    },
    snapshot: () => current().state,
    restore(state) {
      directory = new Directory(state as DirectoryState);
    },
    reset() {
      // Nothing here changes by calls.
    },
  };
}

async function answer(directory: Directory, request: Request, now: Date): Promise<unknown> {
  const { origin, pathname, searchParams } = new URL(request.url);
  const { operation, tenant } = routeOf(request.method, pathname);
  switch (operation) {
    case 'instance': {
      const endpoint = searchParams.get('authorization_endpoint') ?? '';
      return instanceDiscovery(origin, /^https:\/\/[^/]+\/([^/]+)/.exec(endpoint)?.[1] ?? 'common');
    }
    case 'discovery':
      requireTenant(directory, tenant);
      return openIdConfiguration(origin, directory.tenantId);
    case 'keys':
      return keySet(directory);
    case 'token': {
      requireTenant(directory, tenant);
      const form = new URLSearchParams(await request.text());
      return grantToken(directory, { form, tenant, origin, now });
    }
    case 'other':
      throw new EntraError(404, 'invalid_request', 900561, `The endpoint ${pathname} is not served here.`);
  }
}

function requireTenant(directory: Directory, tenant: string): void {
  if (tenant.toLowerCase() !== directory.tenantId) throw tenantNotFound(tenant);
}

function routeOf(method: string, pathname: string): Route {
  for (const [pattern, operation, wanted] of PATHS) {
    const tenant = pattern.exec(pathname)?.groups?.['tenant'];
    if (tenant !== undefined && method === wanted) return { operation, tenant };
  }
  return { operation: 'other', tenant: '' };
}

function json(status: number, correlationId: string, body: unknown): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'cache-control': 'no-store, no-cache',
      pragma: 'no-cache',
      expires: '-1',
      'content-type': 'application/json; charset=utf-8',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'client-request-id': correlationId,
      'x-ms-request-id': randomUUID(),
    },
  });
}
