import { randomUUID } from 'node:crypto';
import {
  deletedBundle,
  deletedItem,
  RECOVERABLE_DAYS,
  secretBundle,
  secretItem,
  versionItem,
} from './bundles';
import { deletedButRecoverable, deletedSecretNotFound, secretDisabled, secretNotFound } from './errors';
import type { List } from './paging';
import type { SetBody, UpdateBody } from './requests';
import { currentVersion, type SecretRecord, type SecretVersion, type Vault } from './vault-state';

/** The vault a call is for, its URL without a final slash, and the time in whole seconds since 1970. */
export interface Target {
  readonly vault: Vault;
  readonly base: string;
  readonly nowSeconds: number;
}

/** Makes a new version; nothing is inherited from the one before. */
export function setSecret({ vault, base, nowSeconds }: Target, name: string, body: SetBody): unknown {
  if (vault.deleted(name)) throw deletedButRecoverable(name);
  const known = vault.live(name);
  const secret = known ?? { name, versions: [] };
  const version: SecretVersion = {
    version: randomUUID().replaceAll('-', ''),
    value: body.value,
    enabled: true,
    created: nowSeconds,
    updated: nowSeconds,
  };
  applyMetadata(version, body);
  secret.versions.push(version);
  if (!known) vault.add(secret);
  return secretBundle(base, secret, version);
}

/** Answers the value; dates are not enforced, but a disabled version is refused. */
export function getSecret({ vault, base }: Target, name: string, versionId: string | undefined): unknown {
  const { secret, version } = findVersion(vault, name, versionId);
  if (!version.enabled) throw secretDisabled();
  return secretBundle(base, secret, version);
}

/** Given tags replace the whole set; attributes change one by one; what is not given stays. */
export function updateSecret(
  target: Target,
  name: string,
  versionId: string | undefined,
  body: UpdateBody,
): unknown {
  const { secret, version } = findVersion(target.vault, name, versionId);
  applyMetadata(version, body);
  version.updated = target.nowSeconds;
  return versionItem(target.base, secret, version);
}

/** Soft-deletes the secret with all its versions. */
export function deleteSecret({ vault, base, nowSeconds }: Target, name: string): unknown {
  const secret = requireLive(vault, name);
  const scheduledPurgeDate = nowSeconds + RECOVERABLE_DAYS * 86_400;
  vault.markDeleted(secret, { deletedDate: nowSeconds, scheduledPurgeDate });
  return deletedBundle(base, secret);
}

export function getDeletedSecret({ vault, base }: Target, name: string): unknown {
  const secret = vault.deleted(name);
  if (!secret) throw deletedSecretNotFound(name);
  return deletedBundle(base, secret);
}

/** Brings the secret back as it was: same versions, same dates. An unknown name is answered like an unknown secret. */
export function recoverSecret({ vault, base }: Target, name: string): unknown {
  const secret = vault.deleted(name);
  if (!secret) throw secretNotFound(name);
  vault.markLive(secret);
  return versionItem(base, secret, currentVersion(secret));
}

export function purgeSecret({ vault }: Target, name: string): void {
  if (!vault.deleted(name)) throw deletedSecretNotFound(name);
  vault.purge(name);
}

/** All live secrets, disabled ones too, by name without regard to case. */
export function listSecrets({ vault, base }: Target): List {
  return { keys: vault.order().live, itemOf: (key) => secretItem(base, requireLive(vault, key)) };
}

export function listDeletedSecrets({ vault, base }: Target): List {
  const itemOf = (key: string): unknown => {
    const secret = vault.deleted(key);
    if (!secret) throw deletedSecretNotFound(key);
    return deletedItem(base, secret);
  };
  return { keys: vault.order().deleted, itemOf };
}

/** All versions by their hex digits, not by age; none for an unknown name. */
export function listVersions({ vault, base }: Target, name: string): List {
  const keys = (vault.live(name)?.versions ?? []).map((version) => version.version).sort();
  const itemOf = (key: string): unknown => {
    const { secret, version } = findVersion(vault, name, key);
    return versionItem(base, secret, version);
  };
  return { keys, itemOf };
}

function requireLive(vault: Vault, name: string): SecretRecord {
  const secret = vault.live(name);
  if (!secret) throw secretNotFound(name);
  return secret;
}

function findVersion(vault: Vault, name: string, versionId: string | undefined) {
  if (versionId === undefined) {
    const secret = requireLive(vault, name);
    return { secret, version: currentVersion(secret) };
  }
  const secret = vault.live(name);
  const version = secret?.versions.find((candidate) => candidate.version === versionId.toLowerCase());
  if (!secret || !version) throw secretNotFound(`${name}/${versionId}`);
  return { secret, version };
}

function applyMetadata(version: SecretVersion, body: UpdateBody): void {
  const { contentType, tags, attributes } = body;
  if (contentType !== undefined) version.contentType = contentType;
  if (tags !== undefined) version.tags = tags;
  if (attributes?.enabled !== undefined) version.enabled = attributes.enabled;
  if (attributes?.nbf !== undefined) version.notBefore = attributes.nbf;
  if (attributes?.exp !== undefined) version.expires = attributes.exp;
}
