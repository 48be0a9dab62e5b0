import { loadConnector } from '../../config/connector-files';
import { writeDevFiles } from '../../config/dev-files';
import { workflowTaskQueue } from '../../domain/connectors';
import type { Output } from '../cli/output';
import type { Ports } from '../supervisor/ports';
import {
  claimPorts,
  ledgerUrlOf,
  startFoundations,
  startInstallation,
  temporalOf,
  type FixedPorts,
} from './embedded';
import { emulatorsPart } from './parts';
import { readyScreen } from './ready-screen';
import { runLocally, type LocalContext, type ReadyScreen } from './run-locally';
import { readStandIns, type StandInsLine } from './stand-ins-line';

export interface DevOptions {
  readonly dataDirectory: string;
  readonly intervalSeconds: number;
  readonly ports: FixedPorts;
  /** Port options for the stand-ins, as their own command line takes them. */
  readonly emulatorOptions: readonly string[];
  /** What to add to a command so that it finds this installation. */
  readonly configOption: (settingsFile: string) => string;
}

/** `ssakv dev`: the demo, complete on one machine, until a signal. */
export function runDev(options: DevOptions, output: Output): Promise<'stopped' | 'interrupted'> {
  const start = (context: LocalContext) => startDev(options, context);
  return runLocally({ owner: 'dev', dataDirectory: options.dataDirectory, output, start });
}

async function startDev(options: DevOptions, context: LocalContext): Promise<ReadyScreen> {
  const { directory, supervisor, progress } = context;
  const ports = await claimPorts(context, options.ports);
  progress.step('Starting the stand-ins, the ledger and Temporal');
  const emulators = supervisor.start(emulatorsPart(directory, ['--demo', ...options.emulatorOptions]));
  const line = await startFoundations(context, ports, emulators.then(readStandIns));
  const { standIns } = line;
  const files = writeDevFiles({
    folder: directory.config,
    standIns,
    ledgerUrl: ledgerUrlOf(ports),
    temporal: temporalOf(ports),
    ports: { operators: ports.http, metrics: ports.metrics, workerMetrics: ports.workerMetrics },
    syncIntervalSeconds: options.intervalSeconds,
  });
  const { settingsFile, displayName } = files;
  const connector = loadConnector(files.connectorFile);
  const running = await startInstallation(context, ports, {
    settingsFile,
    connector,
    appliedBy: 'ssakv dev',
  });
  const text = readyScreen({
    connector: displayName,
    intervalSeconds: options.intervalSeconds,
    ports,
    running,
    configOption: options.configOption(settingsFile),
    logs: directory.logs,
    notes: [
      `Secret Server (stand-in) ${standIns.secretServer.url}, Key Vault (stand-in) ${standIns.keyVault.url}`,
    ],
  });
  return { value: readyLine(displayName, ports, line), text };
}

function readyLine(connector: string, ports: Ports, { folderId, published }: StandInsLine): object {
  const { address, namespace, uiUrl } = temporalOf(ports);
  return {
    temporal: { address, namespace, ui: uiUrl, taskQueue: workflowTaskQueue },
    http: {
      operatorsUrl: `http://127.0.0.1:${ports.http}`,
      metricsUrl: `http://127.0.0.1:${ports.metrics}/metrics`,
    },
    connector,
    folderId,
    emulators: published,
  };
}
