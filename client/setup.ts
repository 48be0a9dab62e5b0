import type { RuntimeSettings } from '../config/runtime-settings';
import { ensureInstallation } from '../ledger/installation';
import { migrateLedger } from '../ledger/migrate';
import { openConfiguredLedger, readInstallationKeys } from '../workers/installation';
import type { Progress } from './supervisor/progress';
import { connectTemporal } from './temporal/connect';
import { ensureSearchAttributes } from './temporal/search-attributes';

export interface SetUpResult {
  readonly migrations: readonly string[];
  readonly searchAttributes: readonly string[];
}

/**
 * Prepares what all processes of an installation share: the ledger's schema, the installation's row, the search
 * attributes of the namespace. Safe to repeat and to run twice at once.
 *
 * @throws SsakvError LedgerUnavailable, InstallationMismatch, TemporalUnreachable, TemporalRefused, NamespaceMissing,
 * SearchAttributesMissing, and those of reading credentials
 */
export async function setUp(settings: RuntimeSettings, progress: Progress): Promise<SetUpResult> {
  progress.step('Preparing the ledger');
  const migrations = await setUpLedger(settings);
  progress.step('Preparing the Temporal namespace');
  const temporal = await connectTemporal(settings);
  try {
    return {
      migrations,
      searchAttributes: await ensureSearchAttributes(temporal.client, settings.temporal.namespace),
    };
  } finally {
    await temporal.close();
  }
}

/** The ledger's part of `setUp`. Returns the migrations that were applied. */
export async function setUpLedger(settings: RuntimeSettings): Promise<readonly string[]> {
  const keys = await readInstallationKeys(settings);
  const ledger = await openConfiguredLedger(settings);
  try {
    const { applied } = await migrateLedger(ledger.db);
    await ensureInstallation(ledger.db, keys.installationId, keys.fingerprint.keyId);
    return applied;
  } finally {
    await ledger.close();
  }
}
