import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { Client } from 'pg';
import { openLedger, type LedgerDatabase } from '../../ledger/database';
import { migrateLedger } from '../../ledger/migrate';
import { copyOfEmptyLedger, startEmbeddedServer } from './embedded-ledger';

export interface TestLedger {
  readonly url: string;
  readonly db: LedgerDatabase;
  /** What the embedded server keeps on disk; undefined on PostgreSQL. */
  readonly directory: string | undefined;
  /** What the embedded server wrote to its standard error. */
  readonly log: () => string;
  readonly close: () => Promise<void>;
}

/** Set by scripts/test-postgres.sh: a PostgreSQL in which databases may be created. */
const postgresUrl = process.env['SSAKV_TEST_LEDGER_URL'];

/** A migrated ledger of its own: on the embedded server, or a new database of the PostgreSQL in SSAKV_TEST_LEDGER_URL. */
export async function startLedger(): Promise<TestLedger> {
  const ledger = await startEmptyLedger();
  await migrateLedger(ledger.db);
  return ledger;
}

/** The same without a schema. */
export async function startEmptyLedger(): Promise<TestLedger> {
  const place = await (postgresUrl === undefined ? embedded() : newDatabase(postgresUrl));
  const { url, directory, log, remove } = place;
  const { db, close } = openLedger({ url });
  return {
    url,
    db,
    directory,
    log,
    close: async () => {
      await close();
      await remove();
    },
  };
}

interface Place {
  readonly url: string;
  readonly remove: () => Promise<void>;
  readonly directory: string | undefined;
  readonly log: () => string;
}

async function embedded(): Promise<Place> {
  const directory = await copyOfEmptyLedger();
  const server = await startEmbeddedServer(directory);
  return {
    url: server.url,
    directory,
    log: server.errors,
    remove: async () => {
      await server.kill('SIGTERM');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function newDatabase(adminUrl: string): Promise<Place> {
  const name = `ssakv_test_${randomBytes(6).toString('hex')}`;
  await runAsAdmin(adminUrl, `create database ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    directory: undefined,
    log: () => '',
    remove: async () => await runAsAdmin(adminUrl, `drop database ${name} with (force)`),
  };
}

async function runAsAdmin(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
