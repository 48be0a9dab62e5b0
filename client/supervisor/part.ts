import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, readFileSync, rmSync, writeFileSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { SsakvError } from '../../domain/errors/ssakv-error';
import type { DataDirectory } from './data-directory';

/** How a part tells that it is ready: one JSON line on its standard output, or an answer to a probe. */
type Readiness =
  { readonly kind: 'line' } | { readonly kind: 'probe'; readonly probe: () => Promise<boolean> };

export interface PartDefinition {
  /** `worker`: names the log, the pid file and what a person reads. */
  readonly name: string;
  readonly command: string;
  /** At least one argument names the data directory, so that a later start knows its own processes. */
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly readiness: Readiness;
  readonly startTimeoutMs: number;
  readonly whenItEnds: 'restart' | 'endRun';
  /** How long it may take to end by itself before it is killed. */
  readonly stopTimeoutMs: number;
}

export interface Part {
  readonly definition: PartDefinition;
  /** Settles with the line of a part that announces itself; rejects with PartFailedToStart. */
  readonly ready: Promise<string | undefined>;
  /** Settles when the process is gone. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const probeEveryMs = 100;
const longestWords = 300;

/** The log file of a part. */
export function logFileOf(directory: DataDirectory, name: string): string {
  return path.join(directory.logs, `${name}.log`);
}

/** Starts a child process with its log and pid file. `append` keeps the log of the process it succeeds. */
export function startPart(definition: PartDefinition, directory: DataDirectory, append: boolean): Part {
  const log = createWriteStream(logFileOf(directory, definition.name), {
    flags: append ? 'a' : 'w',
    mode: 0o600,
  });
  // A process group of its own: Ctrl-C in the terminal reaches only the supervisor, which stops parts in order.
  const child = spawn(definition.command, definition.arguments, {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...definition.environment },
  });
  child.stderr.pipe(log, { end: false });
  const pidFile = path.join(directory.run, `${definition.name}.pid`);
  if (child.pid !== undefined) writeFileSync(pidFile, String(child.pid));
  const ended = untilEnded(child).then(async () => {
    rmSync(pidFile, { force: true });
    await new Promise<void>((resolve) => log.end(resolve));
  });
  const stop = () => stopProcess(child, ended, definition.stopTimeoutMs);
  const ready = untilReady(child, definition, { ended, log }).catch(async () => {
    await stop();
    const file = logFileOf(directory, definition.name);
    const detail = `It is the ${definition.name}; its log is ${file}. ${lastWords(file)}`;
    throw new SsakvError('PartFailedToStart', { detail });
  });
  return { definition, ready, ended, stop };
}

/** The last line of a log: usually one plain sentence about a port or a file. */
function lastWords(file: string): string {
  const line = readFileSync(file, 'utf8').trim().split('\n').at(-1) ?? '';
  return line === '' ? '' : `Its last words: ${line.slice(0, longestWords)}`;
}

function untilEnded(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
}

async function untilReady(
  child: ChildProcess,
  definition: PartDefinition,
  { ended, log }: { ended: Promise<void>; log: WriteStream },
): Promise<string | undefined> {
  const abort = new AbortController();
  const failed = Promise.race([
    ended,
    delay(definition.startTimeoutMs, undefined, { signal: abort.signal }),
  ]).then(() => {
    throw new Error('not ready');
  });
  const ready = readLines(child, definition.readiness, log);
  try {
    return await Promise.race([ready, untilProbed(definition.readiness, abort.signal), failed]);
  } finally {
    abort.abort();
    failed.catch(() => undefined);
  }
}

/** The ready line may hold a stand-in's credentials, so it is kept out of the log; all other output goes there. */
function readLines(child: ChildProcess, readiness: Readiness, log: WriteStream): Promise<string> {
  const { stdout } = child;
  if (stdout === null) return new Promise(() => undefined);
  return new Promise((resolve) => {
    let waiting = readiness.kind === 'line';
    createInterface({ input: stdout }).on('line', (line) => {
      if (waiting && line.startsWith('{')) {
        waiting = false;
        resolve(line);
      } else if (!log.writableEnded) log.write(`${line}\n`);
    });
  });
}

async function untilProbed(readiness: Readiness, signal: AbortSignal): Promise<undefined> {
  if (readiness.kind === 'line') return new Promise(() => undefined);
  while (!signal.aborted && !(await readiness.probe())) await delay(probeEveryMs);
  return undefined;
}

async function stopProcess(child: ChildProcess, ended: Promise<void>, stopTimeoutMs: number): Promise<void> {
  if (child.pid === undefined) return;
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  const abort = new AbortController();
  await Promise.race([
    ended,
    delay(stopTimeoutMs, undefined, { signal: abort.signal }).catch(() => undefined),
  ]);
  abort.abort();
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The whole group is gone already, as it should be.
  }
  await ended;
}
