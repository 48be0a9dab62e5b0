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
