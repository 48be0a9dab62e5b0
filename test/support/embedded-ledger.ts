import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const root = path.join(__dirname, '..', '..');
const entry = path.join(root, 'dist', 'ledger', 'embedded-server.js');

export interface EmbeddedServer {
  readonly url: string;
  readonly process: ChildProcess;
  /** Everything it wrote to its standard error. */
  readonly errors: () => string;
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts `dist/ledger/embedded-server.js` and waits for its ready line. Rejects with its standard error when it ends before. */
export async function startEmbeddedServer(
  directory: string,
  ...extraArguments: readonly string[]
): Promise<EmbeddedServer> {
  const child = spawn(process.execPath, [entry, '--data-dir', directory, ...extraArguments]);
  let errors = '';
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  const ended = once(child, 'exit');
  const line = once(createInterface(child.stdout), 'line');
  const first = await Promise.race([line, ended.then(() => undefined)]);
  if (first === undefined) throw new Error(errors);
  const { url } = JSON.parse(String(first[0])) as { url: string };
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const [code] = (await ended) as [number | null];
    return code;
  };
  return { url, process: child, errors: () => errors, kill };
}

/** A folder that already holds an empty database, copied from one made earlier: initdb takes seconds. */
export async function copyOfEmptyLedger(): Promise<string> {
  const template = path.join(root, 'dist', 'test-ledger', pgliteVersion());
  if (!existsSync(template)) await makeTemplate(template);
  const directory = temporaryDirectory();
  cpSync(path.join(template, 'database'), path.join(directory, 'database'), { recursive: true });
  return directory;
}

export function temporaryDirectory(): string {
  return mkdtempSync(path.join(tmpdir(), 'ssakv-ledger-'));
}

async function makeTemplate(template: string): Promise<void> {
  const directory = temporaryDirectory();
  const server = await startEmbeddedServer(directory);
  await server.kill('SIGTERM');
  mkdirSync(path.dirname(template), { recursive: true });
  try {
    const staged = `${template}.${process.pid}`;
    cpSync(path.join(directory, 'database'), path.join(staged, 'database'), { recursive: true });
    renameSync(staged, template);
  } catch {
    // Another jest worker was first.
    rmSync(`${template}.${process.pid}`, { recursive: true, force: true });
  }
  rmSync(directory, { recursive: true, force: true });
}

function pgliteVersion(): string {
  const packageFile = path.join(root, 'node_modules', '@electric-sql', 'pglite', 'package.json');
  return (require(packageFile) as { version: string }).version;
}
