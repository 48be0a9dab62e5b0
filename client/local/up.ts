import { userInfo } from 'node:os';
import { workflowTaskQueue } from '../../domain/connectors';
import type { Output } from '../cli/output';
import { claimPorts, startFoundations, startInstallation, temporalOf, type FixedPorts } from './embedded';
import { readyScreen } from './ready-screen';
import { runLocally, type LocalContext, type ReadyScreen } from './run-locally';
import { writeUpFiles } from './up-files';

export interface UpOptions {
  readonly dataDirectory: string;
  readonly connectorFile: string;
  readonly ports: FixedPorts;
  /** What to add to a command so that it finds this installation. */
  readonly configOption: (settingsFile: string) => string;
}

/** `ssakv up`: one connector against real systems, with Temporal and the ledger embedded, until a signal. */
export function runUp(options: UpOptions, output: Output): Promise<'stopped' | 'interrupted'> {
  const start = (context: LocalContext) => startUp(options, context);
  return runLocally({ owner: 'up', dataDirectory: options.dataDirectory, output, start });
}

async function startUp(options: UpOptions, context: LocalContext): Promise<ReadyScreen> {
  const { directory, progress } = context;
  const ports = await claimPorts(context, options.ports);
  progress.step('Reading the configuration');
  const { settingsFile, connector, generated } = writeUpFiles(options.connectorFile, directory, ports);
  for (const sentence of generated) progress.note(sentence);
  progress.step('Starting the ledger and Temporal');
  await startFoundations(context, ports, Promise.resolve());
  const appliedBy = userInfo().username;
  const running = await startInstallation(context, ports, { settingsFile, connector, appliedBy });
  const { address, namespace, uiUrl } = temporalOf(ports);
  const value = {
    temporal: { address, namespace, ui: uiUrl, taskQueue: workflowTaskQueue },
    http: {
      operatorsUrl: `http://127.0.0.1:${ports.http}`,
      metricsUrl: `http://127.0.0.1:${ports.metrics}/metrics`,
    },
    connector: connector.displayName,
  };
  const text = readyScreen({
    connector: connector.displayName,
    intervalSeconds: connector.syncIntervalSeconds,
    ports,
    running,
    configOption: options.configOption(settingsFile),
    logs: directory.logs,
    notes: generated,
  });
  return { value, text };
}
