import { readFileSync } from 'node:fs';
import path from 'node:path';
import { deriveInstallationKeys } from '../../domain/installation-keys';
import { exportAudit, verifyAudit, type AuditRecord } from '../../ledger/audit';
import { listPairs } from '../../ledger/pair-listing';
import { secretClient } from './azure-clients';
import { expectedSecrets, worldSecrets, type ExpectedSecret } from './oracle';
import type { SyncWorld } from './sync-world';

/** One external secret beside what the ledger believes of it. */
export interface SyncedSecret {
  readonly name: string;
  readonly value: unknown;
  readonly versions: number;
  /** Whether the ledger's base is the version that Key Vault shows as the current one. */
  readonly baseIsCurrent: boolean;
  readonly intentOpen: boolean;
}

/** How many versions each external secret has, by name. */
export type VersionCounts = Readonly<Record<string, number>>;

/** Every external secret of the vault as the official client sees it, beside its pair; the probe is left out. */
export async function syncedState(world: SyncWorld): Promise<readonly SyncedSecret[]> {
  const client = secretClient(world.emulators);
  const listings = await listPairs(world.ledger, { connector: world.connector }, 0, 1_000);
  const pairs = new Map(listings.map((listing) => [listing.pair.externalName, listing]));
  const state: SyncedSecret[] = [];
  for await (const { name } of client.listPropertiesOfSecrets()) {
    if (name.endsWith('-connection-probe')) continue;
    const current = await client.getSecret(name);
    const listing = pairs.get(name);
    state.push({
      name,
      value: JSON.parse(current.value ?? '') as unknown,
      versions: await countVersions(world, name),
      baseIsCurrent: listing?.pair.base?.keyVaultVersion === current.properties.version,
      intentOpen: listing?.intentOpen ?? false,
    });
  }
  return state.sort(byName);
}

export async function countVersions(world: SyncWorld, name: string): Promise<number> {
  let versions = 0;
  for await (const version of secretClient(world.emulators).listPropertiesOfSecretVersions(name)) {
    versions += version.version === undefined ? 0 : 1;
  }
  return versions;
}

export async function versionCounts(world: SyncWorld): Promise<VersionCounts> {
  return Object.fromEntries((await syncedState(world)).map(({ name, versions }) => [name, versions]));
}

/**
 * Every governed secret and no other is in the vault with the value that Secret Server holds, each change since `before`
 * made exactly one version, and the ledger knows the current version of each and has no write left open.
 */
export async function expectOneVersionPerChange(
  world: SyncWorld,
  before: VersionCounts,
  changed: readonly string[],
): Promise<void> {
  const added = Object.fromEntries(changed.map((name) => [name, 1]));
  await expectVersionsAdded(world, before, added);
}

/** As `expectOneVersionPerChange`, with the number of new versions by name. */
export async function expectVersionsAdded(
  world: SyncWorld,
  before: VersionCounts,
  added: VersionCounts,
): Promise<void> {
  const expected = (await expectedSecrets(world.emulators.control)).map(({ name, value }): SyncedSecret => ({
    name,
    value,
    versions: (before[name] ?? 0) + (added[name] ?? 0),
    baseIsCurrent: true,
    intentOpen: false,
  }));
  expect(await syncedState(world)).toEqual(expected.sort(byName));
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

/** Secrets that are in the vault and have a password, in the order of their numbers. */
export async function secretsWithPassword(world: SyncWorld): Promise<readonly ExpectedSecret[]> {
  const secrets = await worldSecrets(world.emulators.control);
  const withPassword = new Set(
    secrets.filter(({ fields }) => fields.some(({ slug }) => slug === 'password')).map(({ id }) => id),
  );
  const expected = await expectedSecrets(world.emulators.control);
  return expected.filter(({ secretId }) => withPassword.has(secretId));
}

let passwords = 0;

/** Gives each of these secrets a password of its own in Secret Server; returns their external names. */
export async function changePasswords(
  world: SyncWorld,
  secrets: readonly ExpectedSecret[],
): Promise<readonly string[]> {
  for (const { secretId } of secrets) {
    passwords += 1;
    await world.emulators.control.editSecretServer({
      edit: 'setFields',
      secretId,
      fields: { password: `changed-${passwords}` },
    });
  }
  return secrets.map(({ name }) => name);
}

/** The connector's audit entries of one action. Fails unless the whole chain is intact. */
export async function auditEntries(world: SyncWorld, action: string): Promise<readonly AuditRecord[]> {
  const keyFile = path.join(path.dirname(world.settingsFile), 'credentials', 'installation.key');
  const key = Buffer.from(readFileSync(keyFile, 'utf8').trim(), 'base64');
  const { audit } = deriveInstallationKeys('dev', key);
  expect(await verifyAudit(world.ledger, audit, world.connector)).toMatchObject({ kind: 'intact' });
  const entries = await exportAudit(world.ledger, world.connector, 0, 10_000);
  return entries.filter((entry) => entry.action === action);
}
