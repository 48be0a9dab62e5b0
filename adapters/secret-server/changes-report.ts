import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { orAbsent } from '../http/answers';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { call, type SecretServerConnection } from './client';
import { parseSuccess } from './refusals';

/** One audited change. Reads are left out by the report itself. */
export interface ChangeRow {
  readonly auditId: number;
  readonly secretId: number;
  /** E.g. `UPDATE`; the spelling differs between versions. */
  readonly action: string;
  /** Zone-less text as the server wrote it. Compare it only with other texts of the same server. */
  readonly dateRecorded: string;
}

export interface ChangesOptions {
  /** Rows per page. */
  readonly pageSize: number;
  readonly signal?: AbortSignal;
}

const reportAnswer = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.unknown())),
  totalRowCount: orAbsent(z.number().int()),
});

const number = z.coerce.number().int();
/** `2026-04-02T14:33:09`: other forms do not sort by time, and a wrong latest time would hide all later changes. */
const sortableTime = z.string().regex(/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/);
const rowAnswer = z.tuple([number, number, z.string(), sortableTime]);

/** `since` is the report's contract; a report's SQL can take it only as the built-in `#CUSTOMTEXT`. */
const parameterNames = ['since', 'CustomText'] as const;

const columnNames = ['auditid', 'secretid', 'action', 'daterecorded'] as const;

/**
 * The changes recorded at or after `since` (zone-less text), page by page, ordered by audit id. Pages may overlap
 * when rows are added meanwhile: rows are hints, and a double does no harm.
 *
 * Errors: `SecretServerReportUnusable`, `SecretServerReportMalformed`, the other `SecretServer…` codes.
 * Source: Secret Server REST API, POST v1/reports/execute; docs/changes-report.md has the report.
 */
export async function* readChanges(
  connection: SecretServerConnection,
  reportName: string,
  since: string,
  options: ChangesOptions = { pageSize: 1000 },
): AsyncIterable<readonly ChangeRow[]> {
  let seen = 0;
  let before: readonly ChangeRow[] = [];
  for (let pageNumber = 1; ; pageNumber += 1) {
    options.signal?.throwIfAborted();
    const page = await readPage(connection, reportName, since, pageNumber, options);
    // A server that does not page answers the same each time, and all there is with the first.
    if (pageNumber > 1 && isDeepStrictEqual(page.rows, before)) return;
    before = page.rows;
    seen += page.rows.length;
    yield page.rows;
    if (page.rows.length < options.pageSize || seen >= page.total) return;
  }
}

async function readPage(
  connection: SecretServerConnection,
  name: string,
  since: string,
  pageNumber: number,
  options: ChangesOptions,
): Promise<{ rows: readonly ChangeRow[]; total: number }> {
  const parameters = parameterNames.map((parameter) => ({ name: parameter, value: since }));
  const paging = { pageNumber, recordsPerPage: options.pageSize };
  const json = { name, parameters, ...paging, useDefaultParameters: false, encodeHtml: false };
  const request = { operation: 'report', method: 'POST', path: '/api/v1/reports/execute', json } as const;
  const answer = await call(
    connection,
    options.signal === undefined ? request : { ...request, signal: options.signal },
  );
  if (answer.kind !== 'ok')
    throw new SsakvError('SecretServerReportUnusable', { detail: `The report is "${name}".` });
  const report = parseSuccess('report', answer.body, reportAnswer);
  return { rows: toRows(report), total: report.totalRowCount ?? Number.POSITIVE_INFINITY };
}

function toRows(report: z.infer<typeof reportAnswer>): readonly ChangeRow[] {
  const found = report.columns.map((column) => column.toLowerCase());
  const positions = columnNames.map((name) => found.indexOf(name));
  if (positions.includes(-1)) throw new SsakvError('SecretServerReportMalformed');
  return report.rows.map((row) => {
    const parsed = rowAnswer.safeParse(positions.map((position) => row[position]));
    if (!parsed.success) throw new SsakvError('SecretServerReportMalformed');
    const [auditId, secretId, action, dateRecorded] = parsed.data;
    return { auditId, secretId, action, dateRecorded };
  });
}
