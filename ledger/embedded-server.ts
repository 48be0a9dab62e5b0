import path from 'node:path';
import { parseArgs } from 'node:util';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { SsakvError } from '../domain/errors/ssakv-error';
import { claimDirectory, ensureDatabase } from './embedded-directory';
import { ExclusivePGlite } from './exclusive-pglite';

const host = '127.0.0.1';
const maxConnections = 100;

/**
 * A client that says nothing for so long is cut off. All clients share one backend, so one that stands still in the middle of a
 * transaction holds up all others.
 */
const silenceMs = 30_000;

/**
 * Process entry: `node dist/ledger/embedded-server.js --data-dir <folder> --port <port, 0 for any> [--exit-with-parent]`.
 * Serves the embedded ledger on loopback and prints `{"url", "pid"}` as one JSON line once it takes connections. Ends on
 * SIGTERM and SIGINT, and with `--exit-with-parent` when its standard input closes.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'data-dir': { type: 'string' },
      port: { type: 'string', default: '0' },
      'exit-with-parent': { type: 'boolean', default: false },
    },
  });
  const directory = path.resolve(values['data-dir'] ?? '.');
  await claimDirectory(directory);
  const database = new ExclusivePGlite(
    await ensureDatabase(path.join(__dirname, 'create-embedded-database.js')),
    () => fail(new SsakvError('LedgerServerBroken', { detail: `The directory is ${directory}.` })),
  );
  await database.waitReady;
  const server = new PGLiteSocketServer({
    db: database,
    host,
    port: Number(values.port),
    maxConnections,
    idleTimeout: silenceMs,
  });
  await listen(server, values.port);
  stopOnRequest(server, database, values['exit-with-parent']);
  const port = server.getServerConn().split(':')[1];
  process.stdout.write(
    `${JSON.stringify({ url: `postgres://ssakv@${host}:${port}/ssakv`, pid: process.pid })}\n`,
  );
}

async function listen(server: PGLiteSocketServer, port: string): Promise<void> {
  try {
    await server.start();
  } catch {
    throw new SsakvError('LedgerPortInUse', { detail: `The port is ${port}.` });
  }
}

function stopOnRequest(server: PGLiteSocketServer, database: ExclusivePGlite, exitWithParent: boolean): void {
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= close(server, database).then(() => process.exit(0), fail);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (!exitWithParent) return;
  process.stdin.once('end', stop).once('error', stop).resume();
}

async function close(server: PGLiteSocketServer, database: ExclusivePGlite): Promise<void> {
  await server.stop();
  await database.close();
}

function fail(error: unknown): void {
  const shown = error instanceof SsakvError ? error : new SsakvError('LedgerServerBroken');
  process.stderr.write(`${shown.code}: ${shown.message}\n`);
  process.exit(1);
}

main().catch(fail);
