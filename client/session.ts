import type { Client } from '@temporalio/client';
import type { RuntimeSettings } from '../config/runtime-settings';
import type { LedgerDatabase } from '../ledger/database';
import { requireMigrated } from '../ledger/migrate';
import { openConfiguredLedger } from '../workers/installation';
import { connectTemporal } from './temporal/connect';
import { loadSettings, type SettingsLocation } from './settings-file';

/** What most commands work with. Connections are made when they are first asked for. */
export interface Session {
  readonly settings: RuntimeSettings;
  /** The ledger with this version's schema. Throws LedgerUnavailable, LedgerNotMigrated. */
  ledger(): Promise<LedgerDatabase>;
  /** Throws TemporalUnreachable, TemporalRefused. */
  temporal(): Promise<Client>;
}

/** Runs a command's work with the configured connections and closes them afterwards. */
export async function withSession<T>(
  options: SettingsLocation,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const settings = loadSettings(options);
  const opened: { close(): Promise<void> }[] = [];
  const session: Session = {
    settings,
    ledger: once(async () => {
      const ledger = await openConfiguredLedger(settings);
      opened.push(ledger);
      await requireMigrated(ledger.db);
      return ledger.db;
    }),
    temporal: once(async () => {
      const temporal = await connectTemporal(settings);
      opened.push(temporal);
      return temporal.client;
    }),
  };
  try {
    return await work(session);
  } finally {
    await Promise.allSettled(opened.map((connection) => connection.close()));
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
