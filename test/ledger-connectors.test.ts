import { applyConnector, getConnector, listConnectors, setConnectorState } from '../ledger/connectors';
import { closeCycle } from '../ledger/cycles';
import { ensureInstallation } from '../ledger/installation';
import { connectorSettings, newConnector, newCycle, newPairs } from './support/ledger-world';
import { startLedger, type TestLedger } from './support/ledger';

let ledger: TestLedger;
beforeAll(async () => (ledger = await startLedger()));
afterAll(async () => await ledger.close());

describe('the installation of a ledger', () => {
  it('is bound to the first one that opens it, and refuses others and other keys', async () => {
    await ensureInstallation(ledger.db, 'house-a', 'key-1');
    await ensureInstallation(ledger.db, 'house-a', 'key-1');

    await expect(ensureInstallation(ledger.db, 'house-b', 'key-1')).rejects.toMatchObject({
      code: 'InstallationMismatch',
    });
    await expect(ensureInstallation(ledger.db, 'house-a', 'key-2')).rejects.toMatchObject({
      code: 'InstallationMismatch',
    });
  });
});

describe('connectors in the ledger', () => {
  it('get a new version for changed settings only, and keep their state', async () => {
    const settings = connectorSettings('Versions');
    expect(await applyConnector(ledger.db, settings, 'ada')).toEqual({ version: 1, changed: true });
    await setConnectorState(ledger.db, 'Versions', 'Active');

    expect(await applyConnector(ledger.db, settings, 'ada')).toEqual({ version: 1, changed: false });
    const slower = { ...settings, syncIntervalSeconds: 300 };
    expect(await applyConnector(ledger.db, slower, 'ada')).toEqual({ version: 2, changed: true });

    const found = await getConnector(ledger.db, 'Versions');
    expect(found).toEqual({ settings: slower, version: 2, state: 'Active', stateReason: undefined });
  });

  it('cannot move to another vault once they have pairs', async () => {
    const settings = connectorSettings('Moving');
    const elsewhere = { ...settings, vault: { ...settings.vault, url: 'https://other.vault.azure.net' } };
    await applyConnector(ledger.db, elsewhere, 'ada');
    await applyConnector(ledger.db, settings, 'ada');
    await newPairs(ledger.db, 'Moving', [1]);

    await expect(applyConnector(ledger.db, elsewhere, 'ada')).rejects.toMatchObject({
      code: 'ConnectorImmutable',
    });
  });

  it('are listed with their pairs and their newest closed cycle, without dry runs and named secrets', async () => {
    const name = await newConnector(ledger.db);
    await newPairs(ledger.db, name, [1, 2, 3]);
    const closed = await newCycle(ledger.db, name);
    await closeCycle(ledger.db, closed, { outcome: 'Completed', counts: { 'push.done': 3 }, calls: {} });
    await newCycle(ledger.db, name);
    const dryRun = await newCycle(ledger.db, name, 'full', true);
    const targeted = await newCycle(ledger.db, name, 'targeted');
    for (const id of [dryRun, targeted]) {
      await closeCycle(ledger.db, id, { outcome: 'Completed', counts: {}, calls: {} });
    }

    const listed = (await listConnectors(ledger.db)).find((connector) => connector.name === name);

    expect(listed).toMatchObject({ name, pairs: 3, state: 'Registered', version: 1, secretServer: 'main' });
    expect(listed?.lastCycle).toMatchObject({ id: closed, outcome: 'Completed', counts: { 'push.done': 3 } });
  });

  it('keep the reason of their state until the next state', async () => {
    const name = await newConnector(ledger.db);
    await setConnectorState(ledger.db, name, 'Paused', 'change freeze');
    expect(await getConnector(ledger.db, name)).toMatchObject({
      state: 'Paused',
      stateReason: 'change freeze',
    });

    await setConnectorState(ledger.db, name, 'Active');
    expect(await getConnector(ledger.db, name)).toMatchObject({ state: 'Active', stateReason: undefined });
  });

  it('that do not exist are undefined, or an error when they are to change', async () => {
    expect(await getConnector(ledger.db, 'Nobody')).toBeUndefined();
    await expect(setConnectorState(ledger.db, 'Nobody', 'Active')).rejects.toMatchObject({
      code: 'ConnectorUnknown',
    });
  });
});
