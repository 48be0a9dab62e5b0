import type { Client } from '@temporalio/client';
import { loadRuntimeSettings, type RuntimeSettings } from '../../config/runtime-settings';
import { checkAllowed } from '../../config/allow-lists';
import type { ActivationResult } from '../../domain/connection-tests';
import type { ConnectorSettings } from '../../domain/connectors';
import { SsakvError } from '../../domain/errors/ssakv-error';
import {
  applyConnector,
  getConnector,
  listConnectors,
  type ConnectorOverview,
} from '../../ledger/connectors';
import { openConfiguredLedger } from '../../workers/installation';
import { followCycle } from '../follow-cycle';
import { setUpLedger } from '../setup';
import { startActivation } from '../start-workflows';
import { readStoredPorts, storePorts } from '../supervisor/data-directory';
import { choosePorts, type PortName, type Ports } from '../supervisor/ports';
import { connectTemporal } from '../temporal/connect';
import { developmentNamespace, temporalDevServer } from '../temporal/dev-server';
import { resolveTemporalCli } from '../temporal/resolve-cli';
import type { WebUi } from '../temporal/web-ui-links';
import { httpPart, ledgerPart, workerPart } from './parts';
import type { LocalContext } from './run-locally';

/** Ports that the command line fixed; 0 means any free one. */
export type FixedPorts = Readonly<Partial<Record<PortName, number>>>;

/** Chooses the ports of this run and remembers them for the next. Throws SsakvError PortInUse. */
export async function claimPorts({ directory, progress }: LocalContext, fixed: FixedPorts): Promise<Ports> {
  const report = (sentence: string) => progress.note(sentence);
  const ports = await choosePorts({ fixed, stored: readStoredPorts(directory), report });
  storePorts(directory, ports);
  return ports;
}

/** The embedded Temporal as a client sees it. */
export function temporalOf(ports: Ports): { address: string; namespace: string; uiUrl: string } {
  return {
    address: `127.0.0.1:${ports.temporal}`,
    namespace: developmentNamespace,
    uiUrl: `http://127.0.0.1:${ports.ui}`,
  };
}

export function webUiOf(ports: Ports): WebUi {
  const { uiUrl, namespace } = temporalOf(ports);
  return { baseUrl: uiUrl, namespace };
}

/** The embedded ledger's address. The server listens on loopback and asks for no password. */
export function ledgerUrlOf(ports: Ports): string {
  return `postgres://ssakv@127.0.0.1:${ports.ledger}/ssakv`;
}

/**
 * Starts Temporal and the ledger at the same time, with whatever else does not need them.
 *
 * @throws SsakvError TemporalCliNotFound, TemporalCliUnusable, PartFailedToStart
 */
export async function startFoundations<T>(
  { directory, supervisor, progress, signal }: LocalContext,
  ports: Ports,
  beside: Promise<T>,
): Promise<T> {
  const ledger = supervisor.start(ledgerPart(directory, ports));
  const report = (sentence: string) => progress.note(sentence);
  const temporal = resolveTemporalCli({ environment: process.env, report, signal }).then((cli) =>
    supervisor.start(temporalDevServer(cli.path, directory, ports)),
  );
  const [found] = await Promise.all([beside, ledger, temporal]);
  return found;
}

interface Installation {
  readonly settingsFile: string;
  readonly connector: ConnectorSettings;
  readonly appliedBy: string;
}

export interface RunningInstallation {
  readonly settings: RuntimeSettings;
  readonly overview: ConnectorOverview | undefined;
  /** Undefined for a connector that goes on as it was: paused, or active and applied unchanged. */
  readonly activation: ActivationResult | undefined;
}

/**
 * Prepares the ledger, records the connector, starts worker and http, and activates the connector.
 *
 * @throws SsakvError ActivationFailed, NotAllowed, PartFailedToStart, and those of the ledger and Temporal
 */
export async function startInstallation(
  context: LocalContext,
  ports: Ports,
  { settingsFile, connector, appliedBy }: Installation,
): Promise<RunningInstallation> {
  const { progress, supervisor } = context;
  progress.step('Preparing the ledger');
  const settings = loadRuntimeSettings(settingsFile);
  await setUpLedger(settings);
  const goesOn = await recordConnector(settings, connector, appliedBy);
  progress.step('Starting worker and http');
  await Promise.all([
    supervisor.start(workerPart(settingsFile, ports)),
    supervisor.start(httpPart(settingsFile, ports)),
  ]);
  const name = connector.displayName;
  const activation = goesOn ? undefined : await activate(context, settings, name);
  return { settings, activation, overview: await readOverview(settings, name) };
}

/**
 * Applies the connector. Returns whether it goes on as it was: its schedule runs on in Temporal, and a vault that cannot be
 * reached for the moment is for its cycles to report, not a reason not to start.
 */
async function recordConnector(
  settings: RuntimeSettings,
  connector: ConnectorSettings,
  appliedBy: string,
): Promise<boolean> {
  checkAllowed(connector, settings.allow);
  const ledger = await openConfiguredLedger(settings);
  try {
    const { changed } = await applyConnector(ledger.db, connector, appliedBy);
    const state = (await getConnector(ledger.db, connector.displayName))?.state;
    return state === 'Paused' || (state === 'Active' && !changed);
  } finally {
    await ledger.close();
  }
}

async function readOverview(settings: RuntimeSettings, name: string): Promise<ConnectorOverview | undefined> {
  const ledger = await openConfiguredLedger(settings);
  try {
    return (await listConnectors(ledger.db)).find((connector) => connector.name === name);
  } finally {
    await ledger.close();
  }
}

async function activate(
  { progress }: LocalContext,
  settings: RuntimeSettings,
  name: string,
): Promise<ActivationResult> {
  progress.step(`Testing and activating ${name}`);
  const temporal = await connectTemporal(settings);
  try {
    const result = await runActivation(temporal.client, name, progress);
    if (result.outcome === 'Active') return result;
    const failed = result.checks.filter(({ passed }) => !passed);
    const detail = failed.map(({ name: check, found, remedy }) =>
      `Check ${check}: ${found} ${remedy ?? ''}`.trim(),
    );
    throw new SsakvError('ActivationFailed', { detail: detail.join(' ') });
  } finally {
    await temporal.close();
  }
}

async function runActivation(
  client: Client,
  name: string,
  progress: LocalContext['progress'],
): Promise<ActivationResult> {
  const handle = await startActivation(client, name);
  return followCycle({ client, workflowId: `sync/${name}`, progress, result: handle.result() });
}
