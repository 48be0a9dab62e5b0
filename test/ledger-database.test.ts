import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { sql } from 'kysely';
import { openLedger } from '../ledger/database';
import { getConnector } from '../ledger/connectors';
import { startLedger, type TestLedger } from './support/ledger';

describe('errors of the ledger', () => {
  let ledger: TestLedger;
  beforeAll(async () => (ledger = await startLedger()));
  afterAll(async () => await ledger.close());

  it('tell that it cannot be reached, which may pass', async () => {
    const { db, close } = openLedger({ url: 'postgres://ssakv@127.0.0.1:1/ssakv' });

    await expect(getConnector(db, 'x')).rejects.toMatchObject({ code: 'LedgerUnavailable', retryable: true });
    await expect(db.transaction().execute(async () => {})).rejects.toMatchObject({
      code: 'LedgerUnavailable',
    });
    await close();
  });

  it('name the rule that was broken and quote no data', async () => {
    const failing = sql`
      insert into installation (only_row, installation_id, key_id) values (false, 'marked value', 'k')`.execute(
      ledger.db,
    );

    const error = await failing.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'LedgerStatementFailed', retryable: false });
    expect(error).not.toHaveProperty('cause');
    expect(String(error)).toContain('installation_only_row_check');
    expect(JSON.stringify(error) + String(error)).not.toContain('marked value');
  });

  it.each([
    ['40P01', 'LedgerBusy', true],
    ['40001', 'LedgerBusy', true],
    ['57P03', 'LedgerUnavailable', true],
    ['53300', 'LedgerUnavailable', true],
    ['28P01', 'LedgerRefused', false],
    ['42501', 'LedgerRefused', false],
    ['42P01', 'LedgerStatementFailed', false],
  ])('of SQLSTATE %s are %s', async (state, code, retryable) => {
    const raising = sql.raw(`do $$ begin raise exception 'marked value' using errcode = '${state}'; end $$`);

    const error = await raising.execute(ledger.db).catch((caught: unknown) => caught);

    expect(error).toMatchObject({ code, retryable });
    expect(String(error)).not.toContain('marked value');
  });

  it('leave the connection usable', async () => {
    const broken = ledger.db.transaction().execute(async (trx) => {
      await sql`select 1 / 0`.execute(trx);
    });
    await expect(broken).rejects.toMatchObject({ code: 'LedgerStatementFailed' });

    expect((await sql<{ one: number }>`select 1 as one`.execute(ledger.db)).rows).toEqual([{ one: 1 }]);
  });
});

describe('a connection that goes silent', () => {
  let ledger: TestLedger;
  let firewall: Firewall;
  beforeAll(async () => {
    ledger = await startLedger();
    firewall = await startFirewall(ledger.url);
  });
  afterAll(async () => {
    await firewall.stop();
    await ledger.close();
  });

  it('fails its statement and is replaced, also in the middle of a transaction', async () => {
    const { db, close } = openLedger({ url: firewall.url, maxConnections: 1, statementTimeoutMs: 300 });
    await sql`select 1`.execute(db);
    firewall.forgetConnections();
    await expect(sql`select 1`.execute(db)).rejects.toMatchObject({ code: 'LedgerUnavailable' });

    const interrupted = db.transaction().execute(async (trx) => {
      await sql`select 1`.execute(trx);
      firewall.forgetConnections();
      await sql`select 1`.execute(trx);
    });
    await expect(interrupted).rejects.toMatchObject({ code: 'LedgerUnavailable' });

    expect((await sql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
    await close();
  });
});

interface Firewall {
  readonly url: string;
  /** The database's ends of the open connections are closed, and ours are never told. Later connections work. */
  forgetConnections(): void;
  stop(): Promise<void>;
}

async function startFirewall(ledgerUrl: string): Promise<Firewall> {
  const target = new URL(ledgerUrl);
  const open = new Map<Socket, Socket>();
  const server: Server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    client.pipe(upstream).pipe(client);
    open.set(
      client.on('error', () => {}),
      upstream.on('error', () => {}),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = new URL(ledgerUrl);
  url.host = `127.0.0.1:${address.port}`;
  return {
    url: url.href,
    forgetConnections: () => {
      for (const [client, upstream] of open) {
        client.unpipe().pause();
        upstream.unpipe().destroy();
      }
    },
    stop: async () => {
      for (const socket of open.keys()) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
