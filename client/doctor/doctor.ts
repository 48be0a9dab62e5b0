import type { ConnectorSettings } from '../../domain/connectors';
import { getConnector, listConnectors } from '../../ledger/connectors';
import type { LedgerDatabase } from '../../ledger/database';
import type { Session } from '../session';
import { checkConnector } from './connector-checks';
import type { Finding } from './finding';
import { checkKey, checkLedger, checkNode, checkTemporal } from './installation-checks';

/**
 * Examines an installation: Node.js, key, ledger, clock, Temporal, workers, and each connector's credentials. Changes
 * nothing that `setup` would not. A part that does not answer is a finding; what depends on it is left out.
 */
export async function runDoctor(session: Session): Promise<readonly Finding[]> {
  const { settings } = session;
  const ledger = await checkLedger(settings, () => session.ledger());
  const ledgerAnswers = ledger.every(({ status }) => status !== 'failed');
  const connectors = ledgerAnswers ? await readConnectors(await session.ledger()) : [];
  const ofConnectors = connectors.flatMap(({ enginePoolId }) => enginePoolId ?? []);
  const pools = [...new Set([...settings.poolIds, ...ofConnectors])];
  return [
    checkNode(),
    await checkKey(settings),
    ...ledger,
    ...(await checkTemporal(settings, pools, () => session.temporal())),
    ...(await Promise.all(connectors.map((connector) => checkConnector(connector, settings)))).flat(),
  ];
}

async function readConnectors(db: LedgerDatabase): Promise<readonly ConnectorSettings[]> {
  const overviews = (await listConnectors(db)).filter(({ state }) => state !== 'Retired');
  const records = await Promise.all(overviews.map(({ name }) => getConnector(db, name)));
  return records.flatMap((record) => record?.settings ?? []);
}
