import type { CallClass, StandIn, StandInOptions } from '../frame/stand-in';
import { applyWorldEdit } from './apply-world-edit';
import { BoundArguments } from './bound-arguments';
import { newInstallation, serviceAccountName } from './new-installation';
import { settleDuePasswordChanges } from './password-changes';
import { domainError, json, methodNotAllowed, Refusal, routeNotFound, serverError } from './replies';
import { folderRoutes } from './routes/folders';
import { reportRoutes } from './routes/reports';
import { secretActionRoutes } from './routes/secret-actions';
import { secretFieldRoutes } from './routes/secret-fields';
import { secretReadRoutes } from './routes/secret-reads';
import { secretSearchRoutes } from './routes/secret-search';
import { secretWriteRoutes } from './routes/secret-writes';
import { sessionRoutes } from './routes/sessions';
import { templateRoutes } from './routes/templates';
import { relativePath, Router, type Match } from './routing';
import { authenticate, grantToken } from './sessions';
import type { Account } from './state';
import { exportWorld } from './world-export';
import { World } from './world';

/** Secret Server's stand-in, with what the control endpoint and the demo data need beside the service itself. */
export interface SecretServerStandIn extends StandIn {
  readonly world: World;
  /** The account that ssakv signs in with: password grant, or client credentials. */
  readonly serviceAccount: Account;
  /** Does one edit behind the REST interface's back; throws a ZodError when it cannot. */
  applyWorldEdit(edit: unknown): object;
  /** The whole world with all values. */
  exportWorld(): object;
}

/** IIS refuses longer queries, as 404.15. */
const maximumQueryLength = 2048;

const router = new Router([
  ...sessionRoutes,
  ...secretSearchRoutes,
  ...secretReadRoutes,
  ...secretWriteRoutes,
  ...secretFieldRoutes,
  ...secretActionRoutes,
  ...folderRoutes,
  ...templateRoutes,
  ...reportRoutes,
]);

/** Makes the stand-in as a new installation; `restore` continues an earlier one. */
export function createSecretServer(options: StandInOptions): SecretServerStandIn {
  const world = new World(options.clock);
  return {
    service: 'secretServer',
    world,
    get serviceAccount() {
      return serviceAccountOf(world);
    },
    classify: ({ method, url }) => classify(method, url),
    async handle(request) {
      settleDuePasswordChanges(world);
      const response = await answer(world, request);
      options.onChange();
      return response;
    },
    applyWorldEdit(edit) {
      settleDuePasswordChanges(world);
      const made = applyWorldEdit(world, edit);
      options.onChange();
      return made;
    },
    exportWorld() {
      if (settleDuePasswordChanges(world)) options.onChange();
      return exportWorld(world);
    },
    snapshot: () => world.snapshot(),
    restore: (state) => world.restore(state),
    reset() {
      // Accounts stay: whoever read the ready line can still sign in.
      world.restore(newInstallation([...world.accounts]));
      options.onChange();
    },
  };
}

function serviceAccountOf(world: World): Account {
  const account = world.accountNamed(serviceAccountName);
  if (!account) throw new Error(`there is no account ${serviceAccountName}`);
  return account;
}

function classify(method: string, url: URL): CallClass {
  const path = relativePath(url).toLowerCase();
  if (isTokenPath(path)) return { operation: 'token', object: '' };
  if (isHealthPath(path)) return { operation: 'health', object: '' };
  const matches = router.match(url);
  const match = matches.find(({ route }) => route.method === method) ?? matches[0];
  return { operation: match?.route.operation ?? 'other', object: objectOf(match, url) };
}

/** The id in the path, the path in the query where the id is 0, or nothing. */
function objectOf(match: Match | undefined, url: URL): string {
  const id = match?.params['id'] ?? '';
  if (id !== '0') return id;
  const query = BoundArguments.fromQuery(url);
  return query.text('secretPath') ?? query.text('folderPath') ?? id;
}

function isTokenPath(path: string): boolean {
  return path === '/oauth2/token' || path === '/oauth2/refresh';
}

function isHealthPath(path: string): boolean {
  return path === '/api/v1/healthcheck' || path === '/healthcheck.aspx';
}

async function answer(world: World, request: Request): Promise<Response> {
  try {
    return await dispatch(world, request, new URL(request.url));
  } catch (error) {
    if (error instanceof Refusal) return json(error.body, error.status);
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return serverError();
  }
}

async function dispatch(world: World, request: Request, url: URL): Promise<Response> {
  if (url.search.length > maximumQueryLength) return routeNotFound(url);
  const path = relativePath(url).toLowerCase();
  if (isHealthPath(path) && request.method === 'GET') {
    // Every official client accepts this text; a JSON body in camel case stops the Python one.
    return new Response('Healthy', { headers: { 'content-type': 'text/plain; charset=utf-8' } });
  }
  if (isTokenPath(path) && request.method === 'POST') return grantToken(world, request);
  const matches = router.match(url);
  if (matches.length === 0)
    return isTokenPath(path) ? methodNotAllowed(request.method, ['POST']) : routeNotFound(url);
  const match = matches.find(({ route }) => route.method === request.method);
  if (!match) return methodNotAllowed(request.method, [...new Set(matches.map(({ route }) => route.method))]);
  return callRoute(world, request, url, match);
}

async function callRoute(
  world: World,
  request: Request,
  url: URL,
  { route, params }: Match,
): Promise<Response> {
  const account = authenticate(world, request);
  if (world.settings.readOnly && route.method !== 'GET' && route.readsOnly !== true) {
    throw domainError('API_ReadOnlyMode', 'Secret Server is in read-only mode.');
  }
  const query = BoundArguments.fromQuery(url);
  const body = await readBody(request);
  return route.handle({ world, request, account, params, query, body });
}

/** A JSON body, bound by name. Other bodies (files) are left to the route. */
async function readBody(request: Request): Promise<BoundArguments> {
  if (/^(?:multipart|application\/octet-stream)/i.test(request.headers.get('content-type') ?? '')) {
    return BoundArguments.fromJson(undefined);
  }
  const text = await request.text();
  if (text.trim() === '') return BoundArguments.fromJson(undefined);
  try {
    return BoundArguments.fromJson(JSON.parse(text));
  } catch {
    throw new Refusal(400, {
      message: 'The request is invalid.',
      messageDetail: 'The body is not valid JSON.',
    });
  }
}
