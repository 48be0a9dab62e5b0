import * as fc from 'fast-check';
import {
  readCursor,
  readingStart,
  takeChanges,
  type ChangeCursor,
  type RecordedChange,
} from '../domain/change-cursor';
import { governedFolders, isGoverned } from '../domain/governed-folders';

function change(auditId: number, dateRecorded: string, secretId = auditId): RecordedChange {
  return { auditId, secretId, dateRecorded };
}

describe('the cursor of the report of changes', () => {
  test('starts days back without a cursor, and 90 minutes before the latest row with one', () => {
    expect(readingStart(undefined, '2026-04-10T12:00:00.000Z')).toBe('2026-04-07T12:00:00');
    expect(readingStart({ latest: '2026-04-02T00:30:00', taken: [] }, 'unused')).toBe('2026-04-01T23:00:00');
  });

  test('does not move before a first row was seen, and never backwards', () => {
    expect(takeChanges(undefined, [])).toEqual({ fresh: [], cursor: undefined });
    const cursor: ChangeCursor = { latest: '2026-10-25T02:59:00', taken: [] };
    const afterClockChange = takeChanges(cursor, [change(9, '2026-10-25T02:01:00')]);
    expect(afterClockChange.cursor?.latest).toBe('2026-10-25T02:59:00');
    expect(afterClockChange.fresh).toHaveLength(1);
  });

  test('gives each row once, however often and in whatever order the report repeats it', () => {
    const rows = Array.from({ length: 8 }, (_, at) => change(at + 1, `2026-04-02 10:0${at}:00.123`));
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.constantFrom(...rows), { maxLength: 8 }), { maxLength: 6 }),
        (readings) => {
          let cursor: ChangeCursor | undefined;
          const given: number[] = [];
          for (const reading of readings) {
            const distinct = [...new Set(reading)];
            const taken = takeChanges(cursor, distinct);
            given.push(...taken.fresh.map(({ auditId }) => auditId));
            cursor = readCursor(JSON.parse(JSON.stringify(taken.cursor ?? null)));
          }
          const seen = new Set(readings.flat().map(({ auditId }) => auditId));
          expect(given.sort()).toEqual([...seen].sort());
        },
      ),
    );
  });

  test('forgets rows that are too old to be read again', () => {
    const first = takeChanges(undefined, [change(1, '2026-04-02T08:00:00')]);
    const second = takeChanges(first.cursor, [change(2, '2026-04-02T10:00:00')]);
    expect(second.cursor?.taken.map(({ auditId }) => auditId)).toEqual([2]);
  });

  test('is not trusted when the ledger holds something else', () => {
    for (const stored of [undefined, null, 'text', {}, { latest: 1, taken: [] }, { latest: 'x' }]) {
      expect(readCursor(stored)).toBeUndefined();
    }
  });
});

describe('the folders that a connector governs', () => {
  const folders = [
    { id: 1, path: 'Production' },
    { id: 2, path: 'Production/Oracle' },
    { id: 3, path: 'Production/Oracle/East' },
    { id: 4, path: 'Test' },
  ];

  test('are searched once, without regard to case or to the order of the rules', () => {
    const rules = [
      { folder: 'production/oracle/east', includeSubfolders: false },
      { folder: 'PRODUCTION/Oracle', includeSubfolders: false },
      { folder: 'Production/Oracle', includeSubfolders: true },
      { folder: 'Test', includeSubfolders: false },
    ];
    for (const order of [rules, rules.toReversed()]) {
      const { searches, unknown } = governedFolders(order, folders);
      expect(unknown).toEqual([]);
      expect(new Set(searches)).toEqual(
        new Set([
          { folderId: 2, includeSubfolders: true },
          { folderId: 4, includeSubfolders: false },
        ]),
      );
    }
  });

  test('keep an inner rule when the outer one leaves subfolders out', () => {
    const rules = [
      { folder: 'Production', includeSubfolders: false },
      { folder: 'Production/Oracle', includeSubfolders: true },
    ];
    expect(governedFolders(rules, folders).searches.map(({ folderId }) => folderId)).toEqual([1, 2]);
  });

  test('name what Secret Server does not show, and still search what lies inside it', () => {
    const rules = [
      { folder: 'Gone', includeSubfolders: true },
      { folder: 'Test', includeSubfolders: true },
    ];
    expect(governedFolders(rules, folders)).toEqual({
      searches: [{ folderId: 4, includeSubfolders: true }],
      unknown: ['Gone'],
    });
  });

  test('hold a secret by its folder and not by a common beginning of the name', () => {
    const rules = [
      { folder: 'Production/Oracle', includeSubfolders: true },
      { folder: 'Test', includeSubfolders: false },
    ];
    expect(isGoverned(rules, 'production/ORACLE/East')).toBe(true);
    expect(isGoverned(rules, 'Production/OracleOld')).toBe(false);
    expect(isGoverned(rules, 'Test')).toBe(true);
    expect(isGoverned(rules, 'Test/Inner')).toBe(false);
  });
});
