import { sql } from 'kysely';
import { noteChanges, readChangeCursor } from '../ledger/pending-changes';
import { listUnpairedSecrets } from '../ledger/pairs';
import {
  completedScans,
  completeScan,
  recordExternalSecrets,
  recordSecrets,
  startScan,
} from '../ledger/scans';
import { externalSecretRow, newConnector, newCycle, newPairs, secretRow } from './support/ledger-world';
import { startLedger, type TestLedger } from './support/ledger';

let ledger: TestLedger;
beforeAll(async () => (ledger = await startLedger()));
afterAll(async () => await ledger.close());

describe('scans', () => {
  it('tell a generation only when they are complete, and only to the newest attempt', async () => {
    const connector = await newConnector(ledger.db);
    const cycle = await newCycle(ledger.db, connector);
    const first = await startScan(ledger.db, cycle, connector, 'keyVault');
    const second = await startScan(ledger.db, cycle, connector, 'keyVault');

    expect(await completeScan(ledger.db, cycle, 'keyVault', first.generation)).toBe(false);
    expect(await completedScans(ledger.db, cycle)).toEqual({});
    expect(await completeScan(ledger.db, cycle, 'keyVault', second.generation)).toBe(true);
    expect(await completedScans(ledger.db, cycle)).toEqual({ keyVault: second });
  });

  it('record the newest attempt over an older one and never the other way round', async () => {
    const connector = await newConnector(ledger.db);
    const cycle = await newCycle(ledger.db, connector);
    const old = await startScan(ledger.db, cycle, connector, 'secretServer');
    const current = await startScan(ledger.db, cycle, connector, 'secretServer');
    for (const [generation, name] of [
      [old.generation, 'first'],
      [current.generation, 'second'],
      [old.generation, 'late'],
    ] as const) {
      await recordSecrets(ledger.db, connector, generation, [secretRow(1, { name })]);
      await recordExternalSecrets(ledger.db, connector, generation, [
        externalSecretRow(connector, 1, { contentType: name }),
      ]);
    }

    const secrets = sql`select name from secret where connector = ${connector}`;
    expect((await secrets.execute(ledger.db)).rows).toEqual([{ name: 'second' }]);
    const externals = sql`select content_type as name from external_secret where connector = ${connector}`;
    expect((await externals.execute(ledger.db)).rows).toEqual([{ name: 'second' }]);
  });

  it('take names twice in one page, in other letters and with characters that PostgreSQL refuses', async () => {
    const connector = await newConnector(ledger.db);
    const cycle = await newCycle(ledger.db, connector);
    const { generation } = await startScan(ledger.db, cycle, connector, 'keyVault');
    const odd = { key: 'nul \0 and half a pair \ud83d', 'back\\slash \\u0000': '\\ud83d stays' };

    await recordExternalSecrets(ledger.db, connector, generation, [
      externalSecretRow('A', 1),
      externalSecretRow('a', 1),
      externalSecretRow('B', 2, { tags: odd }),
    ]);

    const { rows } = await sql<{ folded_name: string; tags: unknown }>`
      select folded_name, tags from external_secret where connector = ${connector} order by 1`.execute(
      ledger.db,
    );
    expect(rows.map(({ folded_name: name }) => name)).toEqual(['a-1', 'b-2']);
    expect(rows[1]?.tags).toEqual({
      key: 'nul \ufffd and half a pair \ufffd',
      'back\\slash \\u0000': '\\ud83d stays',
    });
  });

  it('record 2,000 rows of each side as one statement each', async () => {
    const connector = await newConnector(ledger.db);
    const cycle = await newCycle(ledger.db, connector);
    const { generation } = await startScan(ledger.db, cycle, connector, 'secretServer');
    const ids = Array.from({ length: 2000 }, (_, index) => index + 1);

    await recordSecrets(
      ledger.db,
      connector,
      generation,
      ids.map((id) => secretRow(id)),
    );
    await recordExternalSecrets(
      ledger.db,
      connector,
      generation,
      ids.map((id) => externalSecretRow(connector, id)),
    );
    await completeScan(ledger.db, cycle, 'secretServer', generation);

    expect(await listUnpairedSecrets(ledger.db, connector, generation, 1500, 1000)).toHaveLength(500);
  });
});

describe('secrets without a pair', () => {
  it('are the active ones that a completed scan saw and that have none', async () => {
    const connector = await newConnector(ledger.db);
    const before = await newCycle(ledger.db, connector);
    const earlier = await startScan(ledger.db, before, connector, 'secretServer');
    await recordSecrets(ledger.db, connector, earlier.generation, [secretRow(9)]);
    await completeScan(ledger.db, before, 'secretServer', earlier.generation);
    await newPairs(ledger.db, connector, [1]);
    const cycle = await newCycle(ledger.db, connector);
    const { generation } = await startScan(ledger.db, cycle, connector, 'secretServer');
    await recordSecrets(ledger.db, connector, generation, [
      secretRow(1),
      secretRow(2),
      secretRow(3, { active: false }),
    ]);

    expect(await listUnpairedSecrets(ledger.db, connector, generation, 0, 10)).toEqual([]);
    await completeScan(ledger.db, cycle, 'secretServer', generation);
    expect(await listUnpairedSecrets(ledger.db, connector, generation, 0, 10)).toEqual([secretRow(2)]);
    expect(await listUnpairedSecrets(ledger.db, connector, generation, 2, 10)).toEqual([]);
  });
});

describe('the cursor of a source of changes', () => {
  it('moves together with its hints', async () => {
    const connector = await newConnector(ledger.db);
    expect(await readChangeCursor(ledger.db, connector, 'report')).toBeUndefined();

    await noteChanges(ledger.db, connector, 'report', [4, 5, 4], { auditId: 17 });
    await noteChanges(ledger.db, connector, 'report', [], { auditId: 18, at: '2026-01-01T00:00:00' });

    expect(await readChangeCursor(ledger.db, connector, 'report')).toEqual({
      auditId: 18,
      at: '2026-01-01T00:00:00',
    });
    const { rows } = await sql`select secret_id from pending_change where connector = ${connector}`.execute(
      ledger.db,
    );
    expect(rows).toHaveLength(2);
  });

  it('does not move when the hints cannot be recorded', async () => {
    const connector = await newConnector(ledger.db);
    await noteChanges(ledger.db, connector, 'report', [1], { auditId: 1 });

    await expect(
      noteChanges(ledger.db, connector, 'report', [2 ** 40], { auditId: 2 }),
    ).rejects.toMatchObject({
      code: 'LedgerStatementFailed',
    });
    expect(await readChangeCursor(ledger.db, connector, 'report')).toEqual({ auditId: 1 });
  });
});
