import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { parse, stringify } from 'yaml';
import { resolveTemporalCli } from '../../client/temporal/resolve-cli';
import { writeDevFiles } from '../../config/dev-files';
import type { LedgerDatabase } from '../../ledger/database';
import { startEmulators, type Emulators } from './emulators';
import { startLedger, type TestLedger } from './ledger';

const root = path.resolve(__dirname, '../..');
const program = path.join(root, 'dist', 'client', 'cli', 'main.js');

/** Temporal, ledger, stand-ins and a worker, each a process of its own as in production. */
export interface SyncWorld {
  readonly directory: string;
  readonly settingsFile: string;
  readonly connector: string;
  readonly emulators: Emulators;
  readonly ledger: LedgerDatabase;
  readonly ledgerUrl: string;
  /** Where the embedded ledger keeps its files, and what its server has logged. */
  readonly ledgerDirectory: string | undefined;
  readonly ledgerLog: () => string;
  readonly temporal: Client;
  readonly temporalAddress: string;
  /** Runs the command line; rejects when it fails. */
  cli(
    ...args: readonly string[]
  ): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  startWorker(): Promise<void>;
  /** SIGKILL: no shutdown code runs. */
  killWorker(): Promise<void>;
  stopWorker(): Promise<void>;
  /** SIGSTOP: the worker hangs and keeps its connections. The next `startWorker` starts another one beside it. */
  freezeWorker(): Promise<FrozenWorker>;
  /** Everything that the worker processes have logged. */
  workerLog(): string;
  stop(): Promise<void>;
}

export interface FrozenWorker {
  /** SIGCONT and then SIGTERM: it goes on with what it had in hand, and ends. */
  thawAndStop(): Promise<void>;
}

export interface SyncWorldOptions {
  readonly demo?: boolean;
  /** Members of the connector JSON that replace the demo's. */
  readonly connector?: Readonly<Record<string, unknown>>;
  /** Lines of the throttle file that replace the demo's, by key. */
  readonly throttle?: Readonly<Record<string, string>>;
  readonly templateMaps?: string;
  readonly timings?: {
    readonly requestTimeoutSeconds: number;
    readonly pairLeaseSeconds: number;
    readonly settleSeconds: number;
  };
  readonly logLevel?: 'debug' | 'info';
  /** Temporal's log at debug level and its database go to files in `directory`. */
  readonly keepTemporalFiles?: boolean;
  /** A ledger URL through which the processes go, for example a proxy that tests cut. */
  readonly ledgerUrlOf?: (url: string) => string;
  /** The same for Temporal, by `host:port`; the test's own client goes straight to it. */
  readonly temporalAddressOf?: (address: string) => string;
}

const shortTimings = { requestTimeoutSeconds: 5, pairLeaseSeconds: 12, settleSeconds: 6 };

export async function startSyncWorld(options: SyncWorldOptions = {}): Promise<SyncWorld> {
  const directory = mkdtempSync(path.join(tmpdir(), 'ssakv-world-'));
  const [emulators, ledger, temporal] = await Promise.all([
    startEmulators({ demo: options.demo ?? false }),
    startLedger(),
    startTemporal(directory, options.keepTemporalFiles ?? false),
  ]);
  try {
    const world = await assemble(directory, options, { emulators, ledger, temporal });
    await world.startWorker();
    return world;
  } catch (error) {
    // Nobody gets the world to stop it.
    await Promise.all([emulators.stop(), ledger.close(), endProcess(temporal.process, 'SIGTERM')]);
    throw error;
  }
}

interface Parts {
  readonly emulators: Emulators;
  readonly ledger: TestLedger;
  readonly temporal: { readonly address: string; readonly process: ChildProcess };
}

async function assemble(directory: string, options: SyncWorldOptions, parts: Parts): Promise<SyncWorld> {
  const { emulators, ledger, temporal } = parts;
  const ledgerUrl = options.ledgerUrlOf?.(ledger.url) ?? ledger.url;
  const { settingsFile, connectorFile, displayName } = writeDevFiles({
    folder: path.join(directory, 'config'),
    standIns: emulators.ready,
    ledgerUrl,
    temporal: {
      address: options.temporalAddressOf?.(temporal.address) ?? temporal.address,
      namespace: 'default',
    },
    ports: { operators: await freePort(), metrics: await freePort(), workerMetrics: await freePort() },
    syncIntervalSeconds: 86_400,
    timings: options.timings ?? shortTimings,
    logLevel: options.logLevel ?? 'info',
  });
  adjustFiles(path.dirname(connectorFile), connectorFile, options);
  const cli = (...args: readonly string[]) => runCli(settingsFile, args);
  for (const args of [['setup'], ['connector', 'apply', connectorFile]]) {
    const { code, stderr } = await cli(...args);
    if (code !== 0) throw new Error(`ssakv ${args.join(' ')} ended with ${code}: ${stderr}`);
  }
  const connection = await Connection.connect({ address: temporal.address });
  const worker = workerProcess(directory, settingsFile);
  return {
    directory,
    settingsFile,
    connector: displayName,
    emulators,
    ledger: ledger.db,
    ledgerUrl: ledger.url,
    ledgerDirectory: ledger.directory,
    ledgerLog: ledger.log,
    temporal: new Client({ connection }),
    temporalAddress: temporal.address,
    cli,
    startWorker: () => worker.start(),
    killWorker: () => worker.end('SIGKILL'),
    stopWorker: () => worker.end('SIGTERM'),
    freezeWorker: worker.freeze,
    workerLog: worker.log,
    async stop() {
      await worker.end('SIGTERM');
      await worker.endFrozen();
      await connection.close();
      await Promise.all([emulators.stop(), ledger.close(), endProcess(temporal.process, 'SIGTERM')]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function adjustFiles(folder: string, connectorFile: string, options: SyncWorldOptions): void {
  if (options.connector !== undefined) {
    const text = readFileSync(connectorFile, 'utf8').replace(/^\/\/.*\n/, '');
    const settings = { ...(JSON.parse(text) as object), ...options.connector };
    writeFileSync(connectorFile, JSON.stringify(settings, undefined, 2));
  }
  if (options.templateMaps !== undefined)
    writeFileSync(path.join(folder, 'template-maps.yaml'), options.templateMaps);
  const throttleFile = path.join(folder, 'akv-throttle.ini');
  let throttle = readFileSync(throttleFile, 'utf8');
  for (const [key, value] of Object.entries(options.throttle ?? {})) {
    throttle = throttle.replace(new RegExp(`^${key} = .*$`, 'm'), `${key} = ${value}`);
  }
  writeFileSync(throttleFile, throttle);
}

function workerProcess(directory: string, settingsFile: string) {
  const logFile = path.join(directory, 'worker.log');
  writeFileSync(logFile, '');
  let child: ChildProcess | undefined;
  const frozen = new Set<ChildProcess>();
  return {
    log: () => readFileSync(logFile, 'utf8'),
    async start() {
      const from = readFileSync(logFile, 'utf8').length;
      child = spawn(process.execPath, [program, 'worker', '--config', settingsFile, '--exit-with-parent'], {
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      const log = createWriteStream(logFile, { flags: 'a' });
      child.stdout?.pipe(log);
      child.stderr?.pipe(log);
      await until(() => {
        if (typeof child?.exitCode === 'number')
          throw new Error(`The worker ended: ${readFileSync(logFile, 'utf8')}`);
        return Promise.resolve(readFileSync(logFile, 'utf8').slice(from).includes('worker started'));
      });
    },
    async end(signal: NodeJS.Signals) {
      if (child !== undefined) await endProcess(child, signal);
      child = undefined;
    },
    async freeze(): Promise<FrozenWorker> {
      const hanging = child;
      if (hanging === undefined) throw new Error('There is no worker to freeze.');
      hanging.kill('SIGSTOP');
      frozen.add(hanging);
      child = undefined;
      await movePort(settingsFile);
      return {
        async thawAndStop() {
          hanging.kill('SIGCONT');
          await endProcess(hanging, 'SIGTERM');
        },
      };
    },
    async endFrozen() {
      for (const hanging of frozen) await endProcess(hanging, 'SIGKILL');
    },
  };
}

/** Two workers on one machine need two ports for their metrics. */
async function movePort(settingsFile: string): Promise<void> {
  const settings = parse(readFileSync(settingsFile, 'utf8')) as {
    listeners: { worker_metrics: { port: number } };
  };
  settings.listeners.worker_metrics.port = await freePort();
  writeFileSync(settingsFile, stringify(settings));
}

async function startTemporal(directory: string, keepFiles: boolean) {
  const { path: cli } = await resolveTemporalCli({ environment: process.env, report: () => undefined });
  const port = await freePort();
  const log = keepFiles ? openSync(path.join(directory, 'temporal.log'), 'a') : 'ignore';
  const attributes = ['SsakvConnector', 'SsakvSecret', 'SsakvState', 'SsakvReason'];
  const child = spawn(
    cli,
    [
      'server',
      'start-dev',
      '--headless',
      '--ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--log-level',
      keepFiles ? 'debug' : 'error',
      ...(keepFiles ? ['--db-filename', path.join(directory, 'temporal.db')] : []),
      ...attributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ],
    { cwd: directory, stdio: ['ignore', log, log] },
  );
  const address = `127.0.0.1:${port}`;
  await until(async () => {
    try {
      const connection = await Connection.connect({ address, connectTimeout: 500 });
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      await connection.close();
      return true;
    } catch {
      return false;
    }
  });
  return { address, process: child };
}

function runCli(settingsFile: string, args: readonly string[]) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = spawn(process.execPath, [program, ...args, '--config', settingsFile], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.stdin?.end();
  child.kill(signal);
  await exit;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

/** Waits until a condition holds; the test's own timeout bounds it. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(50);
}
