import { resolveCredential } from '../adapters/credentials';
import type { RuntimeSettings } from '../config/runtime-settings';
import type { CredentialReference } from '../domain/connectors';
import { SsakvError } from '../domain/errors/ssakv-error';
import { deriveInstallationKeys, type InstallationKeys } from '../domain/installation-keys';
import { openLedger, type LedgerDatabase } from '../ledger/database';

export interface OpenedLedger {
  readonly db: LedgerDatabase;
  close(): Promise<void>;
}

/**
 * Opens the ledger that ssakv.yaml names. Nothing is connected yet.
 *
 * @throws SsakvError CredentialUnreadable
 */
export async function openConfiguredLedger(settings: RuntimeSettings): Promise<OpenedLedger> {
  const { url, password, maxConnections } = settings.ledger;
  return openLedger({
    url,
    maxConnections,
    ...(password !== undefined && { password: await readText(password, settings) }),
  });
}

/**
 * Derives the installation's keys from the one key that ssakv.yaml refers to (base64 text of 32 bytes or more).
 *
 * @throws SsakvError CredentialUnreadable, InstallationKeyTooShort
 */
export async function readInstallationKeys(settings: RuntimeSettings): Promise<InstallationKeys> {
  const key = await readText(settings.installation.key, settings);
  return deriveInstallationKeys(settings.installation.id, Buffer.from(key.trim(), 'base64'));
}

async function readText(reference: CredentialReference, settings: RuntimeSettings): Promise<string> {
  const resolved = await resolveCredential(reference, { baseDirectory: settings.baseDirectory });
  if (resolved.kind === 'text') return resolved.text;
  throw new SsakvError('ConfigurationInvalid', {
    detail: 'The installation key and passwords must refer to a file or an environment variable.',
  });
}
