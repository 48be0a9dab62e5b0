import {
  Kysely,
  PostgresDialect,
  type PostgresCursor,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely';
import { DatabaseError, Pool, type PoolClient } from 'pg';
import { SsakvError } from '../domain/errors/ssakv-error';
import { ledgerError } from './ledger-error';
import type { LedgerDatabase, LedgerSchema } from './schema';

export type { LedgerDatabase } from './schema';

export interface LedgerOptions {
  /** `postgres://user@host:port/database`, without a password. */
  readonly url: string;
  readonly password?: string;
  readonly maxConnections?: number;
  /** After so long without an answer a connection counts as lost. */
  readonly statementTimeoutMs?: number;
}

/** How long a new connection may take before the ledger counts as unreachable. */
const connectTimeoutMs = 10_000;

/**
 * Far above any statement of ours. A connection that a firewall forgot gives neither an answer nor an error, and an activity
 * that waits for one keeps heartbeating.
 */
const statementTimeoutMs = 120_000;

/**
 * Opens a pool on the ledger. Nothing is connected before the first statement. Every statement fails with LedgerUnavailable,
 * LedgerBusy, LedgerRefused or LedgerStatementFailed, never with the driver's own error.
 *
 * No setting of a session is used: with PGlite all connections are one session (docs/ledger.md).
 */
export function openLedger(options: LedgerOptions): { db: LedgerDatabase; close: () => Promise<void> } {
  const pool = new Pool({
    connectionString: options.url,
    ...(options.password === undefined ? {} : { password: options.password }),
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: connectTimeoutMs,
    // Counted by the driver: the server's own limit would be a setting of the session.
    query_timeout: options.statementTimeoutMs ?? statementTimeoutMs,
    keepAlive: true,
    allowExitOnIdle: true,
  });
  // A lost idle connection is replaced by the pool on the next statement; unhandled, the event would end the process.
  pool.on('error', () => {});
  // The same for a connection in use: the statement on it fails, which is where the loss is told.
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<LedgerSchema>({ dialect: new PostgresDialect({ pool: classifyingPool(pool) }) });
  return { db, close: async () => await db.destroy() };
}

/** The pool with the driver's errors replaced, so that none of their texts (which may quote rows) leaves the ledger. */
function classifyingPool(pool: Pool): PostgresPool {
  const wrapped = new WeakMap<PoolClient, PostgresPoolClient>();
  return {
    async connect() {
      const client = await classified(pool.connect());
      const known = wrapped.get(client) ?? new ClassifyingClient(client);
      wrapped.set(client, known);
      return known;
    },
    end: async () => await pool.end(),
    options: pool.options,
  };
}

class ClassifyingClient implements PostgresPoolClient {
  /** A statement got no answer from the database: whatever comes over this connection later belongs to nobody. */
  private lost = false;

  constructor(private readonly client: PoolClient) {}

  query<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query(text: unknown, parameters?: readonly unknown[]): unknown {
    // kysely uses cursors only with a cursor class in the dialect's options.
    if (typeof text !== 'string') throw new Error('The ledger uses no cursors.');
    return this.run(text, parameters ?? []);
  }

  release(destroy?: boolean): void {
    this.client.release(destroy === true || this.lost);
  }

  private async run(text: string, parameters: readonly unknown[]): Promise<unknown> {
    // The rollback of a lost transaction would wait in vain; the database rolls back when the connection ends.
    if (this.lost) throw new SsakvError('LedgerUnavailable');
    try {
      return await this.client.query(text, [...parameters]);
    } catch (error) {
      this.lost = !(error instanceof DatabaseError);
      throw ledgerError(error);
    }
  }
}

async function classified<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw ledgerError(error);
  }
}
