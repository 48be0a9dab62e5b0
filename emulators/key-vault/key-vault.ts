import { createHash, randomUUID } from 'node:crypto';
import { epochSeconds } from '../frame/clock';
import type { StandIn, StandInOptions } from '../frame/stand-in';
import { challengeOf, requireToken, type TenantTrust } from './access';
import { KeyVaultError, methodNotAllowed, notServed } from './errors';
import * as operations from './operations';
import { pageOf, type PageShape } from './paging';
import { readSetBody, readUpdateBody, requireApiVersion, requireName } from './requests';
import { classOf, routeOf } from './routes';
import { type SecretRecord, Vault } from './vault-state';

/** The Key Vault stand-in, with the switches that the control endpoint turns. */
export interface KeyVaultStandIn extends StandIn {
  pageShape: PageShape;
}

// Values of headers that say where an answer came from; any would do (azure-sdk-assets recordings).
const REGION = 'westeurope';
const SERVICE_VERSION = '1.9.3449.1';
const NETWORK_INFO = 'conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;';
const RBAC_ASSIGNMENT = createHash('md5').update('emulated role assignment').digest('hex');

/**
 * The secrets part of Azure Key Vault's data plane. A host `<vault>.vault.…` is a vault of its own; `localhost` and
 * addresses are one vault together.
 *
 * @param trust the tenant at the moment of a call, because its authority's port is known only once it listens
 */
export function createKeyVault(options: StandInOptions & { trust: () => TenantTrust }): KeyVaultStandIn {
  let vaults = new Map<string, Vault>();

  const vaultFor = (url: URL): Vault => {
    const name = url.hostname.includes('.vault.') ? (url.hostname.split('.')[0] ?? '') : '';
    const vault = vaults.get(name) ?? new Vault();
    vaults.set(name, vault);
    return vault;
  };

  const standIn: KeyVaultStandIn = {
    service: 'keyVault',
    pageShape: 'full',
    classify: ({ method, url }) => classOf(method, url.pathname),
    async handle(request) {
      const url = new URL(request.url);
      const trust = options.trust();
      const headers = commonHeaders(request);
      try {
        await requireToken(request, trust, options.clock.now());
        headers.set('x-ms-keyvault-rbac-assignment-id', RBAC_ASSIGNMENT);
        const target = {
          vault: vaultFor(url),
          base: url.origin,
          nowSeconds: epochSeconds(options.clock.now()),
        };
        const body = await dispatch(request, target, standIn.pageShape);
        if (!['GET', 'HEAD'].includes(request.method)) options.onChange();
        return body === undefined ? new Response(null, { status: 204, headers }) : json(200, headers, body);
      } catch (error) {
        if (!(error instanceof KeyVaultError)) throw error;
        if (error.status === 401) headers.set('www-authenticate', challengeOf(url, trust));
        return json(error.status, headers, error.toBody());
      }
    },
    snapshot: () => ({ vaults: Object.fromEntries([...vaults].map(([name, vault]) => [name, vault.all()])) }),
    restore(state) {
      const saved = state as { vaults: Record<string, SecretRecord[]> };
      vaults = new Map(Object.entries(saved.vaults).map(([name, secrets]) => [name, new Vault(secrets)]));
    },
    reset() {
      vaults = new Map();
      standIn.pageShape = 'full';
      options.onChange();
    },
  };
  return standIn;
}

/** Does the call and gives the body of its answer; undefined stands for 204. */
async function dispatch(request: Request, target: operations.Target, shape: PageShape): Promise<unknown> {
  const url = new URL(request.url);
  const route = routeOf(request.method, url.pathname);
  const apiVersion = requireApiVersion(url);
  if ('name' in route) requireName(route.name);
  switch (route.operation) {
    case 'set':
      return operations.setSecret(target, route.name, await readSetBody(request));
    case 'get':
    case 'getVersion':
      return operations.getSecret(target, route.name, route.version);
    case 'update':
      return operations.updateSecret(target, route.name, route.version, await readUpdateBody(request));
    case 'delete':
      return operations.deleteSecret(target, route.name);
    case 'getDeleted':
      return operations.getDeletedSecret(target, route.name);
    case 'recover':
      return operations.recoverSecret(target, route.name);
    case 'purge':
      return operations.purgeSecret(target, route.name);
    case 'list':
      return pageOf(operations.listSecrets(target), url, apiVersion, shape);
    case 'listDeleted':
      return pageOf(operations.listDeletedSecrets(target), url, apiVersion, shape);
    case 'listVersions':
      return pageOf(operations.listVersions(target, route.name), url, apiVersion, shape);
    case 'methodNotAllowed':
      throw methodNotAllowed(request.method);
    case 'other':
      throw notServed(url.pathname);
  }
}

/** Headers of every answer, 401 included. The client's request id is echoed without being asked for. */
function commonHeaders(request: Request): Headers {
  const headers = new Headers({
    'cache-control': 'no-cache',
    expires: '-1',
    pragma: 'no-cache',
    'strict-transport-security': 'max-age=31536000;includeSubDomains',
    'x-content-type-options': 'nosniff',
    'x-ms-keyvault-network-info': NETWORK_INFO,
    'x-ms-keyvault-region': REGION,
    'x-ms-keyvault-service-version': SERVICE_VERSION,
    'x-ms-request-id': randomUUID(),
  });
  const clientRequestId = request.headers.get('x-ms-client-request-id');
  if (clientRequestId !== null) headers.set('x-ms-client-request-id', clientRequestId);
  return headers;
}

function json(status: number, headers: Headers, body: unknown): Response {
  headers.set('content-type', 'application/json; charset=utf-8');
  return new Response(JSON.stringify(body), { status, headers });
}
