import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { CallBudgets } from '../activities/call-budget';
import type { SyncServices } from '../activities/services';
import { openConnections } from '../adapters/connections';
import { checkAllowed } from '../config/allow-lists';
import type { RuntimeSettings } from '../config/runtime-settings';
import { ensureInstallation } from '../ledger/installation';
import { requireMigrated } from '../ledger/migrate';
import { openConfiguredLedger, readInstallationKeys } from './installation';

export interface OpenedServices {
  readonly forActivities: SyncServices;
  close(): Promise<void>;
}

/**
 * Opens what the activities work with, and refuses a ledger that is not ready or belongs to another installation.
 *
 * @throws SsakvError LedgerUnavailable, LedgerNotMigrated, InstallationMismatch, and those of reading credentials
 */
export async function openServices(
  settings: RuntimeSettings,
  connection: NativeConnection,
): Promise<OpenedServices> {
  const keys = await readInstallationKeys(settings);
  const ledger = await openConfiguredLedger(settings);
  await requireMigrated(ledger.db);
  await ensureInstallation(ledger.db, keys.installationId, keys.fingerprint.keyId);
  const timings = {
    requestTimeoutMs: settings.timings.requestTimeoutSeconds * 1000,
    pairLeaseMs: settings.timings.pairLeaseSeconds * 1000,
    settleMs: settings.timings.settleSeconds * 1000,
  };
  const { baseDirectory } = settings;
  const budgets = new CallBudgets(ledger.db);
  const forActivities: SyncServices = {
    db: ledger.db,
    keys,
    timings,
    temporal: new Client({ connection, namespace: settings.temporal.namespace }),
    connect: (connector) => {
      const { requestTimeoutMs } = timings;
      const budget = budgets.of(connector);
      return openConnections(connector, {
        baseDirectory,
        requestTimeoutMs,
        spend: (kind) => budget.spend(kind),
      });
    },
    checkAllowed: (connector) => checkAllowed(connector, settings.allow),
  };
  return { forActivities, close: () => ledger.close() };
}
