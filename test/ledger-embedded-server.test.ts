import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import { sql } from 'kysely';
import { Client } from 'pg';
import { openLedger } from '../ledger/database';
import { openIntents, takeOverIntents } from '../ledger/intents';
import { migrateLedger } from '../ledger/migrate';
import {
  copyOfEmptyLedger,
  startEmbeddedServer,
  temporaryDirectory,
  type EmbeddedServer,
} from './support/embedded-ledger';
import { newConnector, newCycle, newPairs } from './support/ledger-world';

// PostgreSQL has tests of its own for this.
const describeEmbedded = process.env['SSAKV_TEST_LEDGER_URL'] === undefined ? describe : describe.skip;

describeEmbedded('the embedded ledger', () => {
  let directory: string;
  const started: EmbeddedServer[] = [];
  const start = async (...extra: readonly string[]) => {
    const server = await startEmbeddedServer(directory, ...extra);
    started.push(server);
    return server;
  };
  beforeEach(async () => (directory = await copyOfEmptyLedger()));
  afterEach(async () => {
    for (const server of started.splice(0))
      if (server.process.exitCode === null) await server.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  it('has every committed row, open intents included, after it was killed', async () => {
    const first = await start();
    const before = openLedger({ url: first.url });
    await migrateLedger(before.db);
    const connector = await newConnector(before.db);
    const [pair] = await newPairs(before.db, connector, [1]);
    const pairId = pair?.id ?? 0;
    const operationId = randomUUID();
    const cycleId = await newCycle(before.db, connector);
    const asked = { pairId, operationId, expectedVersion: undefined, intendedFingerprints: { a: 'f' } };
    await openIntents(before.db, { owner: 'a', leaseMs: 0, settleMs: 0, cycleId }, [
      { ...asked, intendedSyncVersion: 7, sourceStamp: 's' },
    ]);
    await first.kill('SIGKILL');
    await before.close();

    const second = await start();
    const after = openLedger({ url: second.url });

    expect(await migrateLedger(after.db)).toEqual({ applied: [] });
    expect(await takeOverIntents(after.db, { owner: 'b', leaseMs: 0 }, [pairId])).toMatchObject([
      { kind: 'taken', epoch: 2, intent: { operationId, epoch: 1, cycleId, intendedSyncVersion: 7 } },
    ]);
    await after.close();
  });

  it('loses no row it had committed when it is killed in the middle of many writes', async () => {
    const first = await start();
    const writer = new Client({ connectionString: first.url });
    writer.on('error', () => {});
    await writer.connect();
    await writer.query('create table counted (n integer primary key)');
    let committed = 0;
    const writing = (async () => {
      for (;;) {
        await writer.query('insert into counted values ($1)', [committed + 1]);
        committed += 1;
        if (committed === 150) void first.kill('SIGKILL');
      }
    })();
    await expect(writing).rejects.toThrow();

    const reader = new Client({ connectionString: (await start()).url });
    await reader.connect();
    const { rows } = await reader.query<{ n: number; count: number }>(
      'select max(n) as n, count(*)::integer as count from counted',
    );
    await reader.end();

    // The one that was on its way may have arrived.
    expect([committed, committed + 1]).toContain(rows[0]?.n);
    expect(rows[0]?.count).toBe(rows[0]?.n);
  });

  it('creates its database on the first start, and again after a start that was killed over it', async () => {
    rmSync(directory, { recursive: true });
    directory = temporaryDirectory();
    const halfMade = path.join(directory, 'unfinished-1');
    mkdirSync(halfMade);
    writeFileSync(path.join(halfMade, 'PG_VERSION'), '18');

    const { url } = await start();

    const client = new Client({ connectionString: url });
    await client.connect();
    expect((await client.query<{ one: number }>('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await client.end();
    expect(existsSync(halfMade)).toBe(false);
  }, 60_000);

  it('tells that its folder cannot be used, or that its files are damaged', async () => {
    const file = path.join(directory, 'a-file');
    writeFileSync(file, '');
    await expect(startEmbeddedServer(file)).rejects.toThrow('LedgerDirectoryUnusable');

    rmSync(path.join(directory, 'database', 'global'), { recursive: true });
    await expect(start()).rejects.toThrow('LedgerServerBroken');
  });

  it('names the port that another program has', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;

    await expect(start('--port', String(port))).rejects.toThrow(`LedgerPortInUse`);
    other.close();
  });

  it('ends in order when it is asked to with clients connected', async () => {
    const server = await start();
    const client = new Client({ connectionString: server.url });
    client.on('error', () => {});
    await client.connect();

    expect(await server.kill('SIGTERM')).toBe(0);
  });

  it('ends with its parent when it is asked to', async () => {
    const server = await start('--exit-with-parent');
    const ended = new Promise((resolve) => server.process.once('exit', resolve));

    server.process.stdin?.end();

    expect(await ended).toBe(0);
  });
});

describeEmbedded('clients of the embedded ledger', () => {
  let directory: string;
  let server: EmbeddedServer;
  beforeAll(async () => {
    directory = await copyOfEmptyLedger();
    server = await startEmbeddedServer(directory);
  });
  afterAll(async () => {
    await server.kill('SIGTERM');
    rmSync(directory, { recursive: true, force: true });
  });

  it('are not served by a second server on the same folder, which tells why', async () => {
    await expect(startEmbeddedServer(directory)).rejects.toThrow('LedgerDirectoryInUse');
  });

  it('never mixes the statements of its clients, however large their parameters are', async () => {
    const { url } = server;
    const { db, close } = openLedger({ url, maxConnections: 10 });

    const answers = await Promise.all(
      Array.from({ length: 150 }, async (_, index) => {
        const text = 'x'.repeat(index % 3 === 0 ? 400_000 : 10);
        const marker = sql.raw(`'answer ${index}'`);
        const { rows } = await sql<{ marker: string; length: number }>`
          select ${marker} as marker, length(${text}::text) as length`.execute(db);
        return { ...rows[0], expected: { marker: `answer ${index}`, length: text.length } };
      }),
    );

    expect(answers.map(({ marker, length }) => ({ marker, length }))).toEqual(
      answers.map(({ expected }) => expected),
    );
    await close();
  });

  it.each([
    'in a transaction',
    'in a broken statement',
    'in a broken statement of a transaction',
    'waiting behind another one that vanishes',
  ])('goes on when a client vanishes %s', async (where) => {
    const { url } = server;
    const { db, close } = openLedger({ url });
    await sql`create table if not exists kept (n integer)`.execute(db);
    const [first, second] = [await rawClient(url), await rawClient(url)];

    if (where !== 'in a broken statement') {
      await first.query('begin');
      await first.query('insert into kept values (1)');
    }
    // Parse of an unnamed statement, and no Sync.
    if (where === 'in a broken statement of a transaction') {
      connectionOf(first).stream.write(parseMessage('select from from'));
    } else if (where !== 'in a transaction')
      connectionOf(second).stream.write(parseMessage('select from from'));
    vanish(second);
    vanish(first);

    const { rows } = await sql`select n from kept`.execute(db);
    expect(rows).toEqual([]);
    await close();
  });
});

async function rawClient(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return client;
}

function vanish(client: Client): void {
  connectionOf(client).stream.end();
}

function connectionOf(client: Client): { stream: Socket } {
  return (client as unknown as { connection: { stream: Socket } }).connection;
}

/** https://www.postgresql.org/docs/15/protocol-message-formats.html: Parse. */
function parseMessage(text: string): Buffer {
  const body = Buffer.concat([Buffer.from(`\0${text}\0`), Buffer.from([0, 0])]);
  const head = Buffer.alloc(5);
  head.write('P');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
