import type { CallClass } from '../frame/stand-in';

/** What a path and method ask for. */
export type Route =
  | { operation: 'list' | 'listDeleted' }
  | { operation: 'set' | 'listVersions' | 'delete' | 'getDeleted' | 'recover' | 'purge'; name: string }
  /** `version` is undefined for the current one. */
  | { operation: 'get' | 'getVersion' | 'update'; name: string; version: string | undefined }
  | { operation: 'methodNotAllowed' }
  | { operation: 'other' };

/** Reads the path; empty segments count for nothing, so that `/secrets/name/` means the current version. */
export function routeOf(method: string, pathname: string): Route {
  const [area, name, last, ...rest] = pathname.split('/').filter(Boolean).map(decode);
  if (rest.length > 0) return { operation: 'other' };
  if (area === 'secrets') return secretsRoute(method, name, last);
  if (area === 'deletedsecrets') return deletedRoute(method, name, last);
  return { operation: 'other' };
}

/** Operation and object of a call, for counting and faults. */
export function classOf(method: string, pathname: string): CallClass {
  const route = routeOf(method, pathname);
  return { operation: route.operation, object: 'name' in route ? route.name : '' };
}

function secretsRoute(method: string, name: string | undefined, last: string | undefined): Route {
  if (name === undefined) return method === 'GET' ? { operation: 'list' } : { operation: 'methodNotAllowed' };
  if (last === 'versions' && method === 'GET') return { operation: 'listVersions', name };
  if (method === 'POST' && (name === 'restore' || last === 'backup')) return { operation: 'other' };
  if (method === 'GET') return { operation: last === undefined ? 'get' : 'getVersion', name, version: last };
  if (method === 'PATCH') return { operation: 'update', name, version: last };
  if (last === undefined && method === 'PUT') return { operation: 'set', name };
  if (last === undefined && method === 'DELETE') return { operation: 'delete', name };
  return { operation: 'methodNotAllowed' };
}

function deletedRoute(method: string, name: string | undefined, last: string | undefined): Route {
  if (name === undefined)
    return method === 'GET' ? { operation: 'listDeleted' } : { operation: 'methodNotAllowed' };
  if (last === 'recover' && method === 'POST') return { operation: 'recover', name };
  if (last === undefined && method === 'GET') return { operation: 'getDeleted', name };
  if (last === undefined && method === 'DELETE') return { operation: 'purge', name };
  return { operation: 'methodNotAllowed' };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
