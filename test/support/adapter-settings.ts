import type { TokenCredential } from '@azure/core-auth';
import type { SecretServerSettings, VaultSettings } from '../../domain/connectors';
import { openKeyVaultSecrets, type KeyVaultOptions } from '../../adapters/key-vault/secrets/client';
import type { OddReply, OddRequest, OddServer } from './odd-server';

export const tenantId = '11111111-2222-3333-4444-555555555555';

/** Settings of a vault on a local server, of a custom cloud. */
export function vaultOn(url: string, caFile: string, change: Partial<VaultSettings> = {}): VaultSettings {
  return {
    url,
    tenantId,
    clientId: '99999999-2222-3333-4444-555555555555',
    authMethod: 'ClientSecret',
    credential: { kind: 'env', name: 'UNUSED' },
    caFile,
    cloud: {
      name: 'custom',
      authority: url,
      vaultSuffix: 'localhost',
      hsmSuffix: 'localhost',
      resourceManager: url,
      instanceDiscovery: false,
      challengeVerification: false,
    },
    ...change,
  };
}

export function secretServerOn(
  url: string,
  caFile: string,
  change: Partial<SecretServerSettings> = {},
): SecretServerSettings {
  return {
    name: 'main',
    url,
    authMethod: 'password',
    username: 'svc-ssakv',
    credential: { kind: 'env', name: 'UNUSED' },
    leastVersion: '11.2',
    caFile,
    ...change,
  };
}

/** A sign-in that always succeeds, for tests of what comes after it. */
export const anyToken: TokenCredential = {
  getToken: async () => ({ token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 }),
};

/** A connection to the odd server. */
export function odd(
  server: OddServer,
  change: Partial<KeyVaultOptions> & { vault?: Partial<VaultSettings> } = {},
) {
  const { vault, ...options } = change;
  const settings = vaultOn(server.url, server.caFile, vault);
  return openKeyVaultSecrets(settings, anyToken, { requestTimeoutMs: 5_000, ...options });
}

const challenge = {
  'www-authenticate':
    'Bearer authorization="https://login.test/11111111-2222-3333-4444-555555555555", resource="https://vault.test"',
};

/** Asks for a token first, then answers by `then`. */
export function challenged(then: (request: OddRequest) => OddReply): (request: OddRequest) => OddReply {
  return (request) =>
    request.headers.authorization === undefined ? { status: 401, headers: challenge } : then(request);
}

/** What a sign-in authority says of itself. */
export function authorityMetadata(url: string): OddReply {
  return {
    status: 200,
    body: {
      issuer: `${url}/${tenantId}/v2.0`,
      authorization_endpoint: `${url}/${tenantId}/oauth2/v2.0/authorize`,
      token_endpoint: `${url}/${tenantId}/oauth2/v2.0/token`,
      jwks_uri: `${url}/keys`,
    },
  };
}
