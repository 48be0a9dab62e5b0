/** One row of Secret Server's report of changes. `dateRecorded` is text without a zone, by the server's clock. */
export interface RecordedChange {
  readonly auditId: number;
  readonly secretId: number;
  readonly dateRecorded: string;
}

/** Where the report was read up to. */
export interface ChangeCursor {
  /** The latest time seen, zone-less, as `2026-04-02T14:33:09`. */
  readonly latest: string;
  /** Rows already taken from the time that is read again, so that they give no second hint. */
  readonly taken: readonly { readonly auditId: number; readonly dateRecorded: string }[];
}

/**
 * How far before the latest time the report is read again, in minutes. Rows can be committed out of order, and a server
 * that records local time goes back by an hour in autumn.
 */
const overlapMinutes = 90;

/** Before a first cursor exists: more than two days back covers every time zone. */
const firstOverlapMinutes = 3 * 24 * 60;

/** Of more rows than this in the time read again, the oldest give a second hint, which costs one read each. */
const mostTaken = 5_000;

/** The `since` of the next reading. `nowIso` (UTC, with `Z`) counts only while there is no cursor. */
export function readingStart(cursor: ChangeCursor | undefined, nowIso: string): string {
  if (cursor === undefined) return minutesBefore(nowIso.replace('Z', ''), firstOverlapMinutes);
  return minutesBefore(cursor.latest, overlapMinutes);
}

/** The rows that give hints now, and the cursor after them. `cursor` stays undefined until a first row is seen. */
export function takeChanges(
  cursor: ChangeCursor | undefined,
  rows: readonly RecordedChange[],
): { readonly fresh: readonly RecordedChange[]; readonly cursor: ChangeCursor | undefined } {
  const known = new Set(cursor?.taken.map(({ auditId }) => auditId));
  const fresh = rows.filter(({ auditId }) => !known.has(auditId));
  const times = rows.map(({ dateRecorded }) => seconds(dateRecorded));
  const latest = [cursor?.latest ?? '', ...times].reduce((a, b) => (a > b ? a : b));
  if (latest === '') return { fresh, cursor: undefined };
  const start = minutesBefore(latest, overlapMinutes);
  const taken = [
    ...(cursor?.taken ?? []),
    ...fresh.map(({ auditId, dateRecorded }) => ({ auditId, dateRecorded })),
  ]
    .filter(({ dateRecorded }) => seconds(dateRecorded) >= start)
    .sort((a, b) => b.auditId - a.auditId)
    .slice(0, mostTaken);
  return { fresh, cursor: { latest, taken } };
}

/** A cursor as the ledger keeps it; undefined for anything else. */
export function readCursor(stored: unknown): ChangeCursor | undefined {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const { latest, taken } = stored as Partial<ChangeCursor>;
  if (typeof latest !== 'string' || !Array.isArray(taken)) return undefined;
  return { latest, taken };
}

/** `2026-04-02 14:33:09.917` and `2026-04-02T14:33:09` as one sortable form without fractions. */
function seconds(text: string): string {
  return text.replace(' ', 'T').slice(0, 19);
}

function minutesBefore(zoneless: string, minutes: number): string {
  const time = Date.parse(`${seconds(zoneless)}Z`);
  // A text that is no date is sent as it is: the report then decides.
  return Number.isNaN(time) ? zoneless : new Date(time - minutes * 60_000).toISOString().slice(0, 19);
}
