import { PGlite, type ExecProtocolOptionsStream } from '@electric-sql/pglite';

/** First bytes of the messages that end an exchange: Sync (S), Query (Q), Terminate (X), the start-up packet (no letter). */
const endsOfExchange: ReadonlySet<number> = new Set([0x53, 0x51, 0x58, 0]);
const syncMessage = new Uint8Array([0x53, 0, 0, 0, 4]);

/**
 * PGlite as its socket server needs it, so that exchanges of several clients do not mix.
 *
 * The server (pglite-socket 0.2.17) hands single protocol messages of all clients to the one backend, and holds the others
 * back only while a transaction block is open. A parameter of more than 64 KB arrives in several pieces, and between them
 * another client's Parse replaces the unnamed statement: then one client gets the answer of another client's query. Counting
 * an unfinished exchange (Parse … Sync) as a transaction makes the server finish it first.
 * Message flow: https://www.postgresql.org/docs/15/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
 */
export class ExclusivePGlite extends PGlite {
  private exchangeOpen = false;

  /**
   * @param onBroken called when the backend itself fails: the server's queue never moves again after that.
   */
  constructor(
    directory: string,
    private readonly onBroken: (error: unknown) => void,
  ) {
    // One backend on one machine needs no 128 MB of buffers.
    super(directory, { postgresqlconf: ['shared_buffers = 16MB', 'wal_buffers = 1MB'] });
  }

  override isInTransaction(): boolean {
    return this.exchangeOpen || super.isInTransaction();
  }

  override async execProtocolRawStream(
    message: Uint8Array,
    options: ExecProtocolOptionsStream,
  ): Promise<void> {
    try {
      await super.execProtocolRawStream(message, options);
    } catch (error) {
      this.onBroken(error);
      throw error;
    }
    this.exchangeOpen = !endsOfExchange.has(message[0] ?? 0);
  }

  /** The server rolls back for a client that vanished; an exchange it left unfinished is ended first. */
  override async exec(...parameters: Parameters<PGlite['exec']>): ReturnType<PGlite['exec']> {
    if (this.exchangeOpen) {
      await this.runExclusive(
        async () => await this.execProtocolRawStream(syncMessage, { onRawData: () => {} }),
      );
    }
    return await super.exec(...parameters);
  }
}
