import { parseActivateConnectorInput } from '../config/workflow-inputs';
import { activityTaskQueue, type ConnectorState } from '../domain/connectors';
import { setConnectorState } from '../ledger/connectors';
import { knownConnector, resolveConnectorName } from './connector';
import { requirePollers } from './engine-pools';
import type { SyncServices } from './services';

export interface ActivateConnectorActivities {
  beginActivation(request: { readonly input: unknown }): Promise<{ connector: string; taskQueue: string }>;
  enterConnectorState(request: {
    readonly connector: string;
    readonly state: ConnectorState;
    readonly reason?: string;
  }): Promise<void>;
}

export function createActivateConnectorActivities(services: SyncServices): ActivateConnectorActivities {
  return {
    /** Parses the input. Errors: `InvalidInput`, `NotAllowed`, `ConnectorUnknown`, `EnginePoolNotPolled`. */
    async beginActivation({ input }) {
      const connector = await resolveConnectorName(services, parseActivateConnectorInput(input).connector);
      const { settings } = await knownConnector(services, connector);
      const taskQueue = activityTaskQueue(settings);
      await requirePollers(services.temporal, taskQueue);
      await setConnectorState(services.db, connector, 'Testing');
      return { connector, taskQueue };
    },

    async enterConnectorState({ connector, state, reason }) {
      await setConnectorState(services.db, connector, state, reason);
    },
  };
}
