import { SsakvError } from '../../../domain/errors/ssakv-error';
import { keyVaultRefusal } from '../refusals';
import { exchange, type KeyVaultCall, type KeyVaultSecretsConnection } from './client';
import { itemPage, parseSuccess, secretBundle, writtenBundle, type SecretItem } from './wire';

/** One row of a listing: what Key Vault shows of a secret without reading its value. */
export interface ExternalSecretListing {
  readonly name: string;
  readonly enabled: boolean;
  readonly createdSeconds: number;
  readonly updatedSeconds: number;
  readonly contentType?: string;
  readonly tags: Record<string, string>;
  /** True for the secret behind a certificate, which only the certificate can change. */
  readonly managed: boolean;
}

export type NewestVersion =
  | {
      readonly kind: 'present';
      readonly version: string;
      readonly value: string;
      readonly contentType?: string;
      readonly tags: Record<string, string>;
      readonly createdSeconds: number;
      readonly updatedSeconds: number;
      readonly expiresSeconds?: number;
      readonly notBeforeSeconds?: number;
      readonly managed: boolean;
    }
  /** The newest version is disabled, and a disabled version cannot be read. */
  | { readonly kind: 'disabled' }
  /** Never made, deleted, or just being deleted or recovered: Key Vault answers all alike. */
  | { readonly kind: 'absent' };

export interface SecretVersion {
  readonly version: string;
  readonly createdSeconds: number;
  readonly updatedSeconds: number;
  readonly enabled: boolean;
  readonly tags: Record<string, string>;
}

export interface DeletedListing {
  readonly name: string;
  readonly tags: Record<string, string>;
}

/**
 * All live secrets, page by page as the service cuts them. `pageSize` is 1 to 25. A page may be empty.
 *
 * Errors: the `KeyVault…` and `Entra…` codes. Throws the signal's reason when it fires.
 * Source: https://learn.microsoft.com/rest/api/keyvault/secrets/get-secrets.
 */
export async function* listExternalSecrets(
  connection: KeyVaultSecretsConnection,
  pageSize: number,
  signal?: AbortSignal,
): AsyncIterable<readonly ExternalSecretListing[]> {
  for await (const items of pages(connection, 'list', `/secrets?maxresults=${pageSize}`, signal)) {
    yield items.map(listing);
  }
}

/**
 * The newest version with its value. One call.
 *
 * Errors: the `KeyVault…` and `Entra…` codes, without `KeyVaultSecretNotFound` and `KeyVaultSecretDisabled`.
 * Source: https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret.
 */
export function readNewest(connection: KeyVaultSecretsConnection, name: string): Promise<NewestVersion> {
  return readAt(connection, 'get', `/secrets/${name}/`);
}

/** One version with its value, as `readNewest`. */
export function readVersion(
  connection: KeyVaultSecretsConnection,
  name: string,
  version: string,
): Promise<NewestVersion> {
  return readAt(connection, 'getVersion', `/secrets/${name}/${version}`);
}

async function readAt(
  connection: KeyVaultSecretsConnection,
  operation: string,
  path: string,
): Promise<NewestVersion> {
  const answer = await read(connection, { operation, method: 'GET', path });
  if (answer.kind !== 'ok') return answer;
  const bundle = parseSuccess(operation, answer.text, secretBundle);
  const { attributes } = bundle;
  return {
    kind: 'present',
    version: bundle.id.version,
    value: bundle.value,
    ...(bundle.contentType === undefined ? {} : { contentType: bundle.contentType }),
    tags: bundle.tags ?? {},
    createdSeconds: attributes.created,
    updatedSeconds: attributes.updated,
    ...(attributes.exp === undefined ? {} : { expiresSeconds: attributes.exp }),
    ...(attributes.nbf === undefined ? {} : { notBeforeSeconds: attributes.nbf }),
    managed: bundle.managed ?? false,
  };
}

/**
 * All versions without their values, in the service's order, which is not by time. An unknown name has none.
 *
 * Errors as `listExternalSecrets`. Source: https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret-versions.
 */
export async function listVersions(
  connection: KeyVaultSecretsConnection,
  name: string,
): Promise<readonly SecretVersion[]> {
  const versions: SecretVersion[] = [];
  for await (const items of pages(connection, 'listVersions', `/secrets/${name}/versions?maxresults=25`)) {
    for (const { id, attributes, tags } of items) {
      const { enabled, created, updated } = attributes;
      versions.push({
        version: id.version,
        createdSeconds: created,
        updatedSeconds: updated,
        enabled,
        tags: tags ?? {},
      });
    }
  }
  return versions;
}

/** All soft-deleted secrets, page by page. Errors as `listExternalSecrets`. */
export async function* listDeleted(
  connection: KeyVaultSecretsConnection,
  signal?: AbortSignal,
): AsyncIterable<readonly DeletedListing[]> {
  for await (const items of pages(connection, 'listDeleted', '/deletedsecrets?maxresults=25', signal)) {
    yield items.map(({ id, tags }) => ({ name: id.name, tags: tags ?? {} }));
  }
}

/** Whether a name is held by a soft-deleted secret. For some seconds after a deletion it is not shown yet. */
export async function readDeleted(
  connection: KeyVaultSecretsConnection,
  name: string,
): Promise<
  { readonly kind: 'softDeleted'; readonly tags: Record<string, string> } | { readonly kind: 'absent' }
> {
  const call = { operation: 'getDeleted', method: 'GET', path: `/deletedsecrets/${name}` } as const;
  const answer = await read(connection, call);
  if (answer.kind !== 'ok') return { kind: 'absent' };
  return { kind: 'softDeleted', tags: parseSuccess('getDeleted', answer.text, writtenBundle).tags ?? {} };
}

type Read =
  | { readonly kind: 'ok'; readonly text: string }
  | { readonly kind: 'disabled' }
  | { readonly kind: 'absent' };

async function read(connection: KeyVaultSecretsConnection, call: KeyVaultCall): Promise<Read> {
  const answer = await exchange(connection, call);
  if (answer.kind === 'failed') throw answer.error;
  if (answer.status === 200) return { kind: 'ok', text: answer.text };
  const error = keyVaultRefusal(`keyVault.${call.operation}`, answer.status, answer.text, answer.headers);
  if (error.code === 'KeyVaultSecretNotFound') return { kind: 'absent' };
  if (error.code === 'KeyVaultSecretDisabled') return { kind: 'disabled' };
  throw error;
}

async function* pages(
  connection: KeyVaultSecretsConnection,
  operation: string,
  firstPath: string,
  signal?: AbortSignal,
): AsyncIterable<readonly SecretItem[]> {
  let path: string | undefined = firstPath;
  while (path !== undefined) {
    signal?.throwIfAborted();
    const call: KeyVaultCall = {
      operation,
      method: 'GET',
      path,
      ...(signal === undefined ? {} : { signal }),
    };
    const answer = await exchange(connection, call);
    if (answer.kind === 'failed') throw answer.error;
    if (answer.status !== 200) {
      throw keyVaultRefusal(`keyVault.${operation}`, answer.status, answer.text, answer.headers);
    }
    const page = parseSuccess(operation, answer.text, itemPage);
    yield page.value ?? [];
    path = nextPath(connection, page.nextLink, path);
  }
}

/** A next link goes out with the access token, so it must lead to the same origin; `:443` is the same as no port. */
function nextPath(
  connection: KeyVaultSecretsConnection,
  nextLink: string | undefined,
  current: string,
): string | undefined {
  if (nextLink === undefined || nextLink === '') return undefined;
  if (!URL.canParse(nextLink) || new URL(nextLink).origin !== new URL(connection.vaultUrl).origin) {
    throw new SsakvError('KeyVaultForeignNextLink');
  }
  if (nextLink === current)
    throw new SsakvError('KeyVaultAnsweredGarbage', { detail: 'A page names itself as next.' });
  return nextLink;
}

function listing({ id, attributes, contentType, tags, managed }: SecretItem): ExternalSecretListing {
  return {
    name: id.name,
    enabled: attributes.enabled,
    createdSeconds: attributes.created,
    updatedSeconds: attributes.updated,
    ...(contentType === undefined ? {} : { contentType }),
    tags: tags ?? {},
    managed: managed ?? false,
  };
}
