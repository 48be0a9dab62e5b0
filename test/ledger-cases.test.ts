import { closeCasesNotSeen, listCases, openCases, type CaseEntry } from '../ledger/cases';
import { newConnector, newCycle, scanBothSides } from './support/ledger-world';
import { startLedger, type TestLedger } from './support/ledger';

let ledger: TestLedger;
beforeAll(async () => (ledger = await startLedger()));
afterAll(async () => await ledger.close());

describe('cases', () => {
  it('are opened once per secret and kind, and seen again after that', async () => {
    const { connector, entry } = await caseWorld();
    const again = { ...entry, detail: 'said otherwise', cycleId: await newCycle(ledger.db, connector) };

    await openCases(ledger.db, [entry, { ...entry, kind: 'nameTaken' }, entry]);
    const [first] = await listCases(ledger.db, { connector, open: true, limit: 10 });
    await openCases(ledger.db, [again]);

    const found = await listCases(ledger.db, { connector, open: true, limit: 10 });
    expect(found.map(({ kind, detail }) => [kind, detail])).toEqual([
      ['disabled', 'said otherwise'],
      ['nameTaken', 'as found'],
    ]);
    expect(found[0]).toMatchObject({ id: first?.id, openedAt: first?.openedAt, closedAt: undefined });
    expect(found[0]?.lastSeenAt.getTime()).toBeGreaterThanOrEqual(first?.lastSeenAt.getTime() ?? Infinity);
  });

  it('are closed as resolved by a full cycle with both scans complete that did not see them', async () => {
    const { connector, entry } = await caseWorld();
    await openCases(ledger.db, [entry, { ...entry, secretId: 2 }]);
    const cycle = await newCycle(ledger.db, connector);
    await scanBothSides(ledger.db, cycle, connector, { secrets: [], externals: [] });
    await openCases(ledger.db, [{ ...entry, secretId: 2, cycleId: cycle }]);

    expect(await closeCasesNotSeen(ledger.db, connector, cycle)).toBe(1);

    expect(await listCases(ledger.db, { connector, open: true, limit: 10 })).toMatchObject([{ secretId: 2 }]);
    expect(await listCases(ledger.db, { connector, open: false, limit: 10 })).toMatchObject([
      { secretId: 1, resolution: 'resolved', closedAt: expect.any(Date) as Date },
    ]);
    await openCases(ledger.db, [entry]);
    expect(await listCases(ledger.db, { connector, open: true, limit: 10 })).toHaveLength(2);
  });

  it.each([
    ['a dry run', 'full', true, true],
    ['a targeted cycle', 'targeted', false, true],
    ['a cycle whose scans are not complete', 'full', false, false],
  ] as const)('are not closed by %s', async (_, kind, dryRun, complete) => {
    const { connector, entry } = await caseWorld();
    await openCases(ledger.db, [entry]);
    const cycle = await newCycle(ledger.db, connector, kind, dryRun);
    await scanBothSides(ledger.db, cycle, connector, { secrets: [], externals: [] }, complete);

    expect(await closeCasesNotSeen(ledger.db, connector, cycle)).toBe(0);
  });

  it('are not closed by a cycle that began before they were opened', async () => {
    const { connector, entry } = await caseWorld();
    const cycle = await newCycle(ledger.db, connector);
    await scanBothSides(ledger.db, cycle, connector, { secrets: [], externals: [] });
    await openCases(ledger.db, [entry]);

    expect(await closeCasesNotSeen(ledger.db, connector, cycle)).toBe(0);
  });

  it('are listed by id, in pages, of one connector or of all', async () => {
    const { connector, entry } = await caseWorld();
    await openCases(
      ledger.db,
      [1, 2, 3].map((secretId) => ({ ...entry, secretId })),
    );

    const first = await listCases(ledger.db, { connector, open: true, limit: 2 });
    const rest = await listCases(ledger.db, { connector, open: true, after: first[1]?.id ?? 0, limit: 2 });

    expect([...first, ...rest].map(({ secretId }) => secretId)).toEqual([1, 2, 3]);
    const all = await listCases(ledger.db, { open: true, limit: 1_000 });
    expect(all.length).toBeGreaterThan(3);
  });
});

async function caseWorld(): Promise<{ connector: string; entry: CaseEntry }> {
  const connector = await newConnector(ledger.db);
  const entry = {
    connector,
    secretId: 1,
    externalName: 'ss-1',
    kind: 'disabled',
    code: 'LedgerBusy',
    detail: 'as found',
    cycleId: await newCycle(ledger.db, connector),
  } as const;
  return { connector, entry };
}
