import type { ConnectorSettings } from '../domain/connectors';
import { SsakvError } from '../domain/errors/ssakv-error';
import { getConnector, listConnectors, type ConnectorRecord } from '../ledger/connectors';
import type { SyncServices } from './services';

/** The settings as applied last. Errors: `ConnectorUnknown`, `NotAllowed`. */
export async function activeConnector(services: SyncServices, name: string): Promise<ConnectorSettings> {
  return (await knownConnector(services, name)).settings;
}

/** As `activeConnector`, with version and state. */
export async function knownConnector(services: SyncServices, name: string): Promise<ConnectorRecord> {
  const record = await getConnector(services.db, name);
  if (record === undefined) throw new SsakvError('ConnectorUnknown', { detail: `Name: ${name}.` });
  services.checkAllowed(record.settings);
  return record;
}

/** The connector an input names, or the only one there is. Errors: `ConnectorUnknown`, `ConnectorNotNamed`. */
export async function resolveConnectorName(
  services: SyncServices,
  named: string | undefined,
): Promise<string> {
  if (named !== undefined) return named;
  const all = await listConnectors(services.db);
  const [only] = all;
  if (only !== undefined && all.length === 1) return only.name;
  const detail =
    all.length === 0 ? 'There is none yet.' : `There are: ${all.map(({ name }) => name).join(', ')}.`;
  throw new SsakvError('ConnectorNotNamed', { detail });
}
