import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { TokenCredential } from '@azure/core-auth';
import type { HttpClient } from '@azure/core-rest-pipeline';
import {
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  WorkloadIdentityCredential,
} from '@azure/identity';
import type { AuthMethod, VaultSettings } from '../../domain/connectors';
import type { ErrorCode } from '../../domain/errors/catalogue';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { requireSigningPem, type ResolvedCredential } from '../credentials';
import { restOptions } from '../http/pipeline';
import { observe, openTransport } from '../http/transport';
import { classifyingSignIn, noting } from './failures';

export interface SignInOptions {
  /** Time for one HTTP request to the authority, in milliseconds. */
  readonly requestTimeoutMs: number;
}

/** One per identity, because the token cache lives in the credential. */
const byIdentity = new Map<string, TokenCredential>();

/**
 * The credential by which the vault's calls sign in; the same object for the same identity.
 *
 * `getToken` throws only `SsakvError`: the `Entra…` codes, `ManagedIdentityUnavailable`,
 * `WorkloadIdentityUnavailable`, `VaultInOtherTenant`. This function throws `CredentialNotUsable` where the
 * resolved credential does not fit `authMethod`. Source: https://learn.microsoft.com/javascript/api/@azure/identity.
 */
export function entraCredential(
  vault: VaultSettings,
  resolved: ResolvedCredential,
  options: SignInOptions = { requestTimeoutMs: 20_000 },
): TokenCredential {
  const identity = identityKey(vault, resolved);
  const known = byIdentity.get(identity);
  if (known !== undefined) return known;
  const credential = classified(vault, resolved, build(vault, resolved, options));
  byIdentity.set(identity, credential);
  return credential;
}

/** A digest, so that no credential stands in memory as the key of a map. */
function identityKey(vault: VaultSettings, resolved: ResolvedCredential): string {
  const { tenantId, clientId, authMethod, cloud, proxy, caFile } = vault;
  const parts = [
    tenantId,
    clientId,
    authMethod,
    cloud.authority,
    cloud.instanceDiscovery,
    proxy,
    caFile,
    resolved,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

function build(vault: VaultSettings, resolved: ResolvedCredential, options: SignInOptions): TokenCredential {
  const { tenantId, clientId } = vault;
  const common = authorityOptions(vault, options);
  switch (vault.authMethod) {
    case 'ClientSecret':
      if (resolved.kind !== 'text') throw unusable(vault, resolved);
      return new ClientSecretCredential(tenantId, clientId, resolved.text, common);
    case 'Certificate':
      if (resolved.kind === 'pemFile') {
        return new ClientCertificateCredential(
          tenantId,
          clientId,
          { certificatePath: resolved.path },
          common,
        );
      }
      if (resolved.kind !== 'text') throw unusable(vault, resolved);
      requireSigningPem(resolved.text, 'It came as text.');
      return new ClientCertificateCredential(tenantId, clientId, { certificate: resolved.text }, common);
    case 'ManagedIdentity':
      if (resolved.kind !== 'managedIdentity') throw unusable(vault, resolved);
      return managedIdentity(resolved.clientId);
    case 'WorkloadIdentity':
      if (resolved.kind !== 'workloadIdentity') throw unusable(vault, resolved);
      return workloadIdentity(vault, common);
  }
}

type AuthorityOptions = ReturnType<typeof authorityOptions>;

function authorityOptions(vault: VaultSettings, options: SignInOptions) {
  return {
    ...restOptions,
    authorityHost: vault.cloud.authority,
    // Microsoft's discovery service would be asked about authorities that it cannot know.
    disableInstanceDiscovery: !vault.cloud.instanceDiscovery,
    httpClient: signInTransport(openTransport(vault), options),
  };
}

/** The library sends its requests without a time limit. */
function signInTransport(transport: HttpClient, options: SignInOptions): HttpClient {
  const observed = observe(transport, {
    operation: (request) => (request.method === 'POST' ? 'entra.token' : 'entra.discovery'),
    before: async (request) => {
      request.timeout = options.requestTimeoutMs;
    },
  });
  return noting(observed);
}

/** The endpoint of managed identities is on this machine: no authority, proxy or extra CA belongs to it. */
function managedIdentity(clientId: string | undefined): TokenCredential {
  return clientId === undefined
    ? new ManagedIdentityCredential()
    : new ManagedIdentityCredential({ clientId });
}

function workloadIdentity(vault: VaultSettings, common: AuthorityOptions): TokenCredential {
  const tokenFilePath = process.env['AZURE_FEDERATED_TOKEN_FILE'];
  if (tokenFilePath === undefined) throw new SsakvError('WorkloadIdentityUnavailable');
  const { tenantId, clientId } = vault;
  return new WorkloadIdentityCredential({ ...common, tenantId, clientId, tokenFilePath });
}

/** What it means when the library fails without having sent anything. */
const localFailure = {
  ClientSecret: 'EntraRefused',
  Certificate: 'CredentialCertificateUnusable',
  ManagedIdentity: 'ManagedIdentityUnavailable',
  WorkloadIdentity: 'WorkloadIdentityUnavailable',
} as const satisfies Record<AuthMethod, ErrorCode>;

function classified(
  vault: VaultSettings,
  resolved: ResolvedCredential,
  inner: TokenCredential,
): TokenCredential {
  return {
    getToken: async (scopes, options) => {
      requireTenant(vault, options?.tenantId);
      try {
        return await classifyingSignIn(() => inner.getToken(scopes, options), localFailure[vault.authMethod]);
      } catch (error) {
        throw await explained(error, vault, resolved);
      }
    },
  };
}

/** The tenant comes from the vault's challenge. Managed identities have but one tenant and are never asked. */
function requireTenant(vault: VaultSettings, challenged: string | undefined): void {
  if (challenged === undefined || vault.authMethod === 'ManagedIdentity') return;
  if (challenged.toLowerCase() !== vault.tenantId.toLowerCase()) throw new SsakvError('VaultInOtherTenant');
}

/** Replaces a general code by the one that this way to sign in allows to be told. */
async function explained(
  error: unknown,
  vault: VaultSettings,
  resolved: ResolvedCredential,
): Promise<unknown> {
  if (!(error instanceof SsakvError)) return error;
  if (vault.authMethod === 'Certificate') {
    const refused = error.code === 'EntraWrongSecret' || error.code === 'EntraCertificateNotRegistered';
    if (refused) return new SsakvError(await certificateCode(resolved));
  }
  return error;
}

/** Entra answers an expired certificate like an unknown one; its dates are known here. */
async function certificateCode(
  resolved: ResolvedCredential,
): Promise<'EntraCredentialExpired' | 'EntraCertificateNotRegistered'> {
  const pem =
    resolved.kind === 'pemFile' ? await readFile(resolved.path, 'utf8').catch(() => '') : textOf(resolved);
  try {
    const expired = requireSigningPem(pem, '').validToDate.getTime() < Date.now();
    return expired ? 'EntraCredentialExpired' : 'EntraCertificateNotRegistered';
  } catch {
    return 'EntraCertificateNotRegistered';
  }
}

function textOf(resolved: ResolvedCredential): string {
  return resolved.kind === 'text' ? resolved.text : '';
}

function unusable(vault: VaultSettings, resolved: ResolvedCredential): SsakvError {
  return new SsakvError('CredentialNotUsable', {
    detail: `authMethod is ${vault.authMethod}, but the credential is of the kind ${resolved.kind}.`,
  });
}
