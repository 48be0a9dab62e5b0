import type { BoundArguments } from '../bound-arguments';
import { domainError, json } from '../replies';
import type { Call, Route } from '../routing';
import { never } from '../stamps';
import type { Audit } from '../state';
import type { World } from '../world';

const reportId = 101;
const reportName = 'ssakv changes';
const columns = ['AuditId', 'SecretId', 'Action', 'DateRecorded'];

/** The report of docs/changes-report.md: what happened to which secret since a time, without reads. */
function execute({ world, body }: Call): Response {
  const name = body.text('name')?.toLowerCase();
  const asked = body.integer('id') === reportId || name === reportName;
  if (!asked || !world.settings.changesReportInstalled) {
    throw domainError('API_ReportNotFound', 'The report was not found.');
  }
  const rows = changesSince(world, sinceParameter(body));
  const ordered = body.flag('isAscending') === false ? rows.toReversed() : rows;
  const { from, count } = pageAsked(body, ordered.length);
  return json({
    id: reportId,
    name: reportName,
    enabled: true,
    systemReport: false,
    columns,
    localizedColumns: columns,
    columnTypes: ['Int32', 'Int32', 'String', 'String'],
    rows: ordered
      .slice(from, from + count)
      .map((row) => [row.id, row.secretId, row.action, row.dateRecorded]),
    totalRowCount: ordered.length,
    reportPreviewSql: null,
  });
}

/** Rows recorded at or after `since`, in order of their ids. They rise in time, so a bisection finds the first. */
function changesSince(world: World, since: string): readonly Audit[] {
  let low = 0;
  let high = world.changes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((world.changes[middle]?.dateRecorded ?? '') < since) low = middle + 1;
    else high = middle;
  }
  return world.changes.slice(low);
}

function sinceParameter(body: BoundArguments): string {
  const parameter = body.list('parameters').find((sent) => isSince(sent.text('name')));
  const value = parameter?.text('value')?.trim().replace(' ', 'T');
  if (value === undefined && body.flag('useDefaultParameters') === true) return never;
  if (value === undefined || !/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,7})?)?)?$/.test(value)) {
    throw domainError(
      'API_ReportInvalidParameter',
      'The report parameter is missing or not a date without a zone.',
    );
  }
  return value;
}

/** Real reports have no parameters of their own making: the page's SQL takes the time as `#CUSTOMTEXT`. */
function isSince(name: string | undefined): boolean {
  return /^#?(?:since|customtext)$/i.test(name ?? '');
}

/** Pages count from 1; `startRecordNumber` and `endRecordNumber` (both included) are the other way to ask. */
function pageAsked(body: BoundArguments, total: number): { from: number; count: number } {
  const start = body.integer('startRecordNumber');
  const end = body.integer('endRecordNumber');
  if (start !== undefined && start > 0) return { from: start - 1, count: (end ?? total) - start + 1 };
  const size = body.integer('recordsPerPage') ?? total;
  return { from: (Math.max(1, body.integer('pageNumber') ?? 1) - 1) * size, count: size };
}

/** Routes of reports. */
export const reportRoutes: readonly Route[] = [
  { method: 'POST', path: '/api/v1/reports/execute', operation: 'report', readsOnly: true, handle: execute },
];
