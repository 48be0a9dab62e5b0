import type { Client } from '@temporalio/client';
import type { Connections } from '../adapters/connections';
import type { ConnectorSettings } from '../domain/connectors';
import type { InstallationKeys } from '../domain/installation-keys';
import type { LedgerDatabase } from '../ledger/database';

/** How long the steps of a write may take, in milliseconds. Their order is checked where they are configured. */
export interface WriteTimings {
  /** One request to a vault or to Secret Server; always shorter than the lease. */
  readonly requestTimeoutMs: number;
  /** How long a pair stays ours without news. */
  readonly pairLeaseMs: number;
  /** How long after an unanswered PUT nobody concludes that it did not land. */
  readonly settleMs: number;
}

/** What the activities work with. Made once by the worker; activities keep no other state. */
export interface SyncServices {
  readonly db: LedgerDatabase;
  readonly keys: InstallationKeys;
  readonly timings: WriteTimings;
  /** Long-lived clients of both sides, one set per connector and version of its settings. */
  connect(connector: ConnectorSettings): Promise<Connections>;
  readonly temporal: Client;
  /** What workflows may reach: ssakv.yaml, `allow`. */
  checkAllowed(connector: ConnectorSettings): void;
}
