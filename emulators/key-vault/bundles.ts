import { currentVersion, type SecretRecord, type SecretVersion } from './vault-state';

/** Retention of a vault with default settings: 90 days, purgeable. */
export const RECOVERABLE_DAYS = 90;
const RECOVERY_LEVEL = 'Recoverable+Purgeable';

// Members stand in the order of the recorded answers; undefined ones are left out by JSON, never null.

/** A secret with its value, as set and get answer it. `base` is the vault's URL without a final slash. */
export function secretBundle(base: string, secret: SecretRecord, version: SecretVersion): unknown {
  return { value: version.value, ...metadata(versionId(base, secret, version), version) };
}

/** A secret without its value, as update and recover answer it; also an item of the version list. */
export function versionItem(base: string, secret: SecretRecord, version: SecretVersion): unknown {
  return metadata(versionId(base, secret, version), version);
}

/** An item of the list of secrets: its id has no version, its metadata are those of the current version. */
export function secretItem(base: string, secret: SecretRecord): unknown {
  return metadata(`${base}/secrets/${secret.name}`, currentVersion(secret));
}

/** A deleted secret, as delete and get-deleted answer it. */
export function deletedBundle(base: string, secret: SecretRecord): unknown {
  const current = currentVersion(secret);
  return { ...recovery(base, secret), ...metadata(versionId(base, secret, current), current) };
}

/** An item of the list of deleted secrets: unlike the bundle its id has no version. */
export function deletedItem(base: string, secret: SecretRecord): unknown {
  return { ...recovery(base, secret), ...metadata(`${base}/secrets/${secret.name}`, currentVersion(secret)) };
}

function versionId(base: string, secret: SecretRecord, version: SecretVersion): string {
  return `${base}/secrets/${secret.name}/${version.version}`;
}

function recovery(base: string, secret: SecretRecord): Record<string, unknown> {
  return { recoveryId: `${base}/deletedsecrets/${secret.name}`, ...secret.deleted };
}

function metadata(id: string, version: SecretVersion): Record<string, unknown> {
  const { contentType, enabled, notBefore, expires, created, updated, tags } = version;
  const recoveryLevel = RECOVERY_LEVEL;
  const recoverableDays = RECOVERABLE_DAYS;
  const dates = { nbf: notBefore, exp: expires, created, updated };
  return { contentType, id, attributes: { enabled, ...dates, recoveryLevel, recoverableDays }, tags };
}
