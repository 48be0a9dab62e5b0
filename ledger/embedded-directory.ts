import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { SsakvError } from '../domain/errors/ssakv-error';

/** A socket in the data directory; the system closes it with the process, so a killed server leaves no lock behind. */
const lockName = 'server.lock';
const databaseName = 'database';
const unfinishedPrefix = 'unfinished-';

/**
 * Makes the data directory the working directory and claims it until the process ends.
 * Fails with LedgerDirectoryUnusable, and with LedgerDirectoryInUse while another embedded server serves it: two backends on one
 * database destroy it.
 */
export async function claimDirectory(directory: string): Promise<void> {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // A relative name keeps the socket's path under the system's limit of about 100 bytes.
    process.chdir(directory);
  } catch {
    throw new SsakvError('LedgerDirectoryUnusable', { detail: `The directory is ${directory}.` });
  }
  if (await listens(lockName)) {
    throw new SsakvError('LedgerDirectoryInUse', { detail: `The directory is ${directory}.` });
  }
  rmSync(lockName, { force: true });
  const lock = await listen(lockName, directory);
  lock.unref();
}

/**
 * The folder of the database in the claimed directory, created on the first start. Creation happens beside it and in a process
 * of its own: a start that is killed leaves no half-made database, and initdb's 500 MB are given back.
 */
export async function ensureDatabase(createScript: string): Promise<string> {
  const directory = process.cwd();
  const database = path.join(directory, databaseName);
  for (const name of readdirSync(directory)) {
    if (name.startsWith(unfinishedPrefix)) rmSync(name, { recursive: true, force: true });
  }
  if (existsSync(database)) return database;
  const unfinished = path.join(directory, `${unfinishedPrefix}${process.pid}`);
  try {
    await promisify(execFile)(process.execPath, [createScript, unfinished]);
  } catch {
    throw new SsakvError('LedgerDirectoryUnusable', { detail: `The directory is ${directory}.` });
  }
  renameSync(unfinished, database);
  return database;
}

async function listens(name: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = createConnection(name);
  probe.once('connect', () => resolve(true));
  probe.once('error', () => resolve(false));
  const answer = await promise;
  probe.destroy();
  return answer;
}

async function listen(name: string, directory: string): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>();
  const server = createServer((socket) => socket.destroy());
  server.once('error', () =>
    reject(new SsakvError('LedgerDirectoryUnusable', { detail: `The directory is ${directory}.` })),
  );
  server.listen(name, () => resolve(server));
  return await promise;
}
