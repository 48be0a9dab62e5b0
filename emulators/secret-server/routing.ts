import type { BoundArguments } from './bound-arguments';
import type { Account } from './state';
import type { World } from './world';

/** The names under which calls are counted and faults are matched. */
type Operation =
  | 'token'
  | 'health'
  | 'version'
  | 'search'
  | 'read'
  | 'summary'
  | 'state'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'activate'
  | 'readField'
  | 'writeField'
  | 'audits'
  | 'changePassword'
  | 'checkOut'
  | 'checkIn'
  | 'folders'
  | 'templates'
  | 'report'
  | 'readOnlyMode'
  | 'other';

/** One authenticated call. `body` is empty unless the request carried JSON. */
export interface Call {
  readonly world: World;
  readonly request: Request;
  readonly account: Account;
  readonly params: Readonly<Record<string, string>>;
  readonly query: BoundArguments;
  readonly body: BoundArguments;
}

/** One route; `path` is relative to the base, with `{name}` for a segment and `v{version}` spelt out by `versions`. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly operation: Operation;
  /** Works while the server is in read-only mode although it is no GET. */
  readonly readsOnly?: true;
  readonly handle: (call: Call) => Response | Promise<Response>;
}

/** A route together with what its path captured. */
export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

interface CompiledRoute {
  readonly route: Route;
  readonly pattern: RegExp;
}

/** Finds routes as IIS does: any case, trailing slash or not, below `/SecretServer` or at the root. */
export class Router {
  readonly #routes: readonly CompiledRoute[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({ route, pattern: compile(route.path) }));
  }

  /** All routes whose path fits, whatever their method. */
  match(url: URL): Match[] {
    const path = relativePath(url);
    return this.#routes.flatMap(({ route, pattern }) => {
      const found = pattern.exec(path);
      return found ? [{ route, params: decoded(found.groups ?? {}) }] : [];
    });
  }
}

/** The path below the base: no `/SecretServer`, no trailing slash, no doubled ones. */
export function relativePath(url: URL): string {
  const path = url.pathname.replace(/\/{2,}/g, '/').replace(/\/$/, '');
  return path.replace(/^\/secretserver(?=\/|$)/i, '');
}

function compile(path: string): RegExp {
  const pattern = path.replace(/[.]/g, '\\.').replace(/\{(\w+)\}/g, (_, name: string) => {
    return name.toLowerCase().endsWith('id') ? `(?<${name}>-?\\d+)` : `(?<${name}>[^/]+)`;
  });
  return new RegExp(`^${pattern}$`, 'i');
}

function decoded(groups: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, safelyDecoded(value)]));
}

function safelyDecoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
