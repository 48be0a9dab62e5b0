import { sql } from 'kysely';
import { migrateLedger, requireMigrated } from '../ledger/migrate';
import { startEmptyLedger, type TestLedger } from './support/ledger';

describe('migrating the ledger', () => {
  let ledger: TestLedger;
  beforeAll(async () => (ledger = await startEmptyLedger()));
  afterAll(async () => await ledger.close());

  it('applies each migration once, however many processes start it at once', async () => {
    await expect(requireMigrated(ledger.db)).rejects.toMatchObject({ code: 'LedgerNotMigrated' });

    const runs = await Promise.all([
      migrateLedger(ledger.db),
      migrateLedger(ledger.db),
      migrateLedger(ledger.db),
    ]);

    expect(runs.flatMap(({ applied }) => applied)).toEqual(['0001-first-schema']);
    expect(await migrateLedger(ledger.db)).toEqual({ applied: [] });
    await requireMigrated(ledger.db);
  });

  it('refuses a schema that a newer version made', async () => {
    await sql`insert into ledger_migration (name) values ('9999-from-the-future')`.execute(ledger.db);

    await expect(migrateLedger(ledger.db)).rejects.toMatchObject({ code: 'LedgerNewerThanProgram' });
    await expect(requireMigrated(ledger.db)).rejects.toMatchObject({ code: 'LedgerNewerThanProgram' });
  });

  it('names what is missing from an older schema', async () => {
    await sql`delete from ledger_migration`.execute(ledger.db);

    await expect(requireMigrated(ledger.db)).rejects.toThrow('0001-first-schema');
  });
});
