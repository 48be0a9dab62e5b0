import { SsakvError } from '../domain/errors/ssakv-error';
import { listConnectors } from '../ledger/connectors';
import type { LedgerDatabase } from '../ledger/database';

/**
 * The connector that a command means: the named one, or the only one there is.
 *
 * @throws SsakvError ConnectorUnknown, ConnectorNotNamed (several, and none was named)
 */
export async function chooseConnector(db: LedgerDatabase, named: string | undefined): Promise<string> {
  const names = (await listConnectors(db))
    .filter(({ state }) => state !== 'Retired' || named)
    .map(({ name }) => name);
  if (named !== undefined) {
    if (names.includes(named)) return named;
    throw new SsakvError('ConnectorUnknown', { detail: `Name: ${named}. ${known(names)}` });
  }
  const [only, ...others] = names;
  if (only === undefined) throw new SsakvError('ConnectorUnknown', { detail: known(names) });
  if (others.length === 0) return only;
  throw new SsakvError('ConnectorNotNamed', { detail: known(names) });
}

function known(names: readonly string[]): string {
  return names.length === 0 ? 'The ledger holds no connector.' : `The ledger holds: ${names.join(', ')}.`;
}
