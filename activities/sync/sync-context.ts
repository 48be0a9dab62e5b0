import type { Connections } from '../../adapters/connections';
import type { ConnectorSettings } from '../../domain/connectors';
import type { SyncServices } from '../services';

/** What one attempt at a step of a cycle works with. */
export interface SyncContext {
  readonly services: SyncServices;
  readonly connections: Connections;
  readonly settings: ConnectorSettings;
  readonly cycleId: string;
}
