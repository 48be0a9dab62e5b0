import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { z } from 'zod';
import type {
  faultSchema,
  clockSchema,
  keyVaultSchema,
  latencySchema,
} from '../../emulators/control/requests';
import type { ReadyLine } from '../../emulators/emulators';
import type { CallCount, CallEntry } from '../../emulators/frame/call-log';
import type { Fault } from '../../emulators/frame/faults';
import type { ServiceName } from '../../emulators/frame/stand-in';
import type { worldEditSchema } from '../../emulators/secret-server/world-edits';

export type FaultInput = z.input<typeof faultSchema>;
export type FaultState = ReturnType<Fault['describe']>;
export interface Stats {
  readonly calls: readonly CallCount[];
  readonly totals: Readonly<Record<ServiceName, number>>;
  readonly total: number;
}

/** Typed calls of the control endpoint. */
export interface EmulatorControl {
  stats(): Promise<Stats>;
  resetStats(): Promise<void>;
  /** How many calls ended, of a service, an operation and a status where given; from `stats`. */
  count(service: ServiceName, operation?: string, status?: number): Promise<number>;
  log(after?: number): Promise<{ entries: readonly CallEntry[]; newest: number }>;
  addFault(fault: FaultInput): Promise<FaultState>;
  fault(id: string): Promise<FaultState>;
  faults(): Promise<readonly FaultState[]>;
  release(id: string): Promise<number>;
  removeFault(id: string): Promise<void>;
  removeFaults(): Promise<void>;
  setClock(clock: z.input<typeof clockSchema>): Promise<void>;
  setLatency(latency: z.input<typeof latencySchema>): Promise<void>;
  setKeyVault(behaviour: z.input<typeof keyVaultSchema>): Promise<void>;
  /** Changes Secret Server behind its REST interface's back; what comes back depends on the edit. */
  editSecretServer<T = Record<string, unknown>>(edit: z.input<typeof worldEditSchema>): Promise<T>;
  /** Secret Server's world with all values. */
  secretServerWorld<T = Record<string, unknown>>(): Promise<T>;
  reset(): Promise<void>;
}

export interface Emulators {
  readonly ready: ReadyLine;
  /** The text of the certificate authority to trust. */
  readonly ca: string;
  readonly dataDirectory: string;
  readonly control: EmulatorControl;
  /** Ends the process and, unless a data folder was given, removes its data. */
  stop(): Promise<void>;
}

export interface EmulatorStart {
  /** Kept after `stop`; a temporary folder without it. */
  readonly dataDirectory?: string;
  readonly demo?: boolean;
  /** More command-line options. */
  readonly args?: readonly string[];
}

const MAIN = path.resolve(__dirname, '../../dist/emulators/main.js');

/** Starts the stand-ins' process from `dist` and waits until it is ready. */
export async function startEmulators(start: EmulatorStart = {}): Promise<Emulators> {
  if (!existsSync(MAIN)) throw new Error('The stand-ins are not built. Run `npm run build` first.');
  const dataDirectory = start.dataDirectory ?? mkdtempSync(path.join(tmpdir(), 'ssakv-emulators-'));
  const args = [MAIN, '--json', '--exit-with-parent', '--data-dir', dataDirectory];
  if (start.demo) args.push('--demo');
  const child = spawn(process.execPath, [...args, ...(start.args ?? [])], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ready = await readyLineOf(child);
  return {
    ready,
    ca: readFileSync(ready.caFile, 'utf8'),
    dataDirectory,
    control: controlOf(ready.control.url),
    async stop() {
      await ended(child);
      if (start.dataDirectory === undefined) rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}

async function readyLineOf(child: ChildProcess): Promise<ReadyLine> {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('The stand-ins have no output pipes');
  let errors = '';
  stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return new Promise((resolve, reject) => {
    createInterface({ input: stdout }).once('line', (line) => resolve(JSON.parse(line) as ReadyLine));
    child.once('exit', (code) => reject(new Error(`The stand-ins ended with code ${code}: ${errors}`)));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await exit;
}

function controlOf(url: string): EmulatorControl {
  const call = async <T>(method: string, route: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}${route}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${route} answered ${response.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  const stats = async () => call<Stats>('GET', '/stats');
  return {
    stats,
    resetStats: async () => call('POST', '/stats/reset'),
    async count(service, operation, status) {
      const { calls } = await stats();
      return calls
        .filter((entry) => entry.service === service)
        .filter((entry) => operation === undefined || entry.operation === operation)
        .filter((entry) => status === undefined || entry.status === status)
        .reduce((sum, entry) => sum + entry.count, 0);
    },
    log: async (after = 0) => call('GET', `/log?after=${after}`),
    addFault: async (fault) => call('POST', '/faults', fault),
    fault: async (id) => call('GET', `/faults/${id}`),
    faults: async () => (await call<{ faults: FaultState[] }>('GET', '/faults')).faults,
    release: async (id) => (await call<{ released: number }>('POST', `/faults/${id}/release`)).released,
    removeFault: async (id) => call('DELETE', `/faults/${id}`),
    removeFaults: async () => call('DELETE', '/faults'),
    setClock: async (clock) => call('POST', '/clock', clock),
    setLatency: async (latency) => call('POST', '/latency', latency),
    setKeyVault: async (behaviour) => call('POST', '/key-vault', behaviour),
    editSecretServer: async (edit) => call('POST', '/secret-server', edit),
    secretServerWorld: async () => call('GET', '/secret-server'),
    reset: async () => call('POST', '/reset'),
  };
}
