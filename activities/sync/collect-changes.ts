import { Context } from '@temporalio/activity';
import { readChanges } from '../../adapters/secret-server/changes-report';
import { readCursor, readingStart, takeChanges } from '../../domain/change-cursor';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { getPairs } from '../../ledger/pairs';
import { noteChanges, readChangeCursor } from '../../ledger/pending-changes';
import type { SyncContext } from './sync-context';

/** `notConfigured` and `notUsable`: edits are found by the re-read of each secret within fullReconcileSeconds. */
export type ChangeSourceState =
  | { readonly kind: 'notConfigured' }
  | { readonly kind: 'notUsable'; readonly code: string }
  | { readonly kind: 'read'; readonly rows: number; readonly hints: number };

const source = 'report';
const rowsPerPage = 1_000;

/**
 * Runs the report of changes and leaves a hint for each pair it names. Hints and cursor move together, page by page, so
 * that a crash loses none. A report that is not installed is no error.
 */
export async function collectChanges(context: SyncContext): Promise<ChangeSourceState> {
  const { changesReport } = context.settings.secretServer;
  if (changesReport === undefined) return { kind: 'notConfigured' };
  try {
    return await readReport(context, changesReport);
  } catch (error) {
    if (error instanceof SsakvError && reportCodes.has(error.code))
      return { kind: 'notUsable', code: error.code };
    throw error;
  }
}

const reportCodes: ReadonlySet<string> = new Set([
  'SecretServerReportUnusable',
  'SecretServerReportMalformed',
]);

async function readReport(context: SyncContext, reportName: string): Promise<ChangeSourceState> {
  const { services, settings, connections } = context;
  const { displayName } = settings;
  const signal = Context.current().cancellationSignal;
  let cursor = readCursor(await readChangeCursor(services.db, displayName, source));
  const since = readingStart(cursor, new Date().toISOString());
  const total = { rows: 0, hints: 0 };
  const options = { pageSize: rowsPerPage, signal };
  for await (const page of readChanges(connections.secretServer, reportName, since, options)) {
    const taken = takeChanges(cursor, page);
    cursor = taken.cursor;
    // A secret without a pair is read in full when it gets one.
    const paired = await getPairs(
      services.db,
      displayName,
      unique(taken.fresh.map(({ secretId }) => secretId)),
    );
    const hints = paired.map(({ secretId }) => secretId);
    if (cursor !== undefined) await noteChanges(services.db, displayName, source, hints, cursor);
    total.rows += page.length;
    total.hints += hints.length;
  }
  return { kind: 'read', ...total };
}

function unique(ids: readonly number[]): readonly number[] {
  return [...new Set(ids)];
}
