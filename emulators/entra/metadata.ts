import type { Directory } from './directory';

/** The OpenID Connect discovery document (OpenID Connect Discovery 1.0 §3) with the members that Entra gives. */
export function openIdConfiguration(origin: string, tenantId: string): unknown {
  const tenant = `${origin}/${tenantId}`;
  return {
    token_endpoint: `${tenant}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: `${tenant}/discovery/v2.0/keys`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: `${tenant}/v2.0`,
    request_uri_parameter_supported: false,
    authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
    device_authorization_endpoint: `${tenant}/oauth2/v2.0/devicecode`,
    http_logout_supported: true,
    frontchannel_logout_supported: true,
    end_session_endpoint: `${tenant}/oauth2/v2.0/logout`,
    tenant_region_scope: 'EU',
    cloud_instance_name: 'microsoftonline.com',
  };
}

/** The keys that sign tokens (RFC 7517). */
export function keySet(directory: Directory): unknown {
  const { kty, n, e } = directory.state.signingKey;
  const { keyId, issuer } = directory;
  return { keys: [{ kty, use: 'sig', kid: keyId, x5t: keyId, n, e, issuer }] };
}

/** Instance discovery as MSAL asks for it: this host is its own only alias. */
export function instanceDiscovery(origin: string, tenant: string): unknown {
  const { host } = new URL(origin);
  return {
    tenant_discovery_endpoint: `${origin}/${tenant}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  };
}
