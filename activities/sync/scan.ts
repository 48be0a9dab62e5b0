import { Context } from '@temporalio/activity';
import { withCorrelationId } from '../../adapters/http/correlation';
import { listExternalSecrets } from '../../adapters/key-vault/secrets/reader';
import { listFolders, type Folder } from '../../adapters/secret-server/folders';
import { searchSecrets } from '../../adapters/secret-server/summaries';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { governedFolders, type FolderSearch } from '../../domain/governed-folders';
import { followTemplates } from '../../ledger/pairs';
import {
  completeScan,
  recordExternalSecrets,
  recordSecrets,
  startScan,
  type ExternalSecretRow,
  type Side,
} from '../../ledger/scans';
import { activeConnector } from '../connector';
import { whileHeartbeating } from '../heartbeat';
import type { SyncServices } from '../services';
import { countedForCycle } from './cycle-calls';
import { collectChanges, type ChangeSourceState } from './collect-changes';
import { secretRowOf } from './secret-rows';
import type { SyncContext } from './sync-context';

export interface ScanRequest {
  /** Also the correlation id of the scan's calls. */
  readonly cycleId: string;
  readonly connector: string;
}

export interface ScanResult {
  readonly generation: number;
  /** By the ledger's clock, ISO 8601. */
  readonly startedAtIso: string;
  readonly rows: number;
  readonly pages: number;
  readonly calls: Readonly<Record<string, number>>;
}

export interface SecretServerScanResult extends ScanResult {
  readonly changesReport: ChangeSourceState;
  /** Folders of synchronization rules that Secret Server does not show; code `FolderUnknown`. */
  readonly unknownFolders: readonly string[];
}

export interface ScanActivities {
  scanKeyVault(request: ScanRequest): Promise<ScanResult>;
  scanSecretServer(request: ScanRequest): Promise<SecretServerScanResult>;
}

/**
 * Secrets per page of a search. A summary has about 1 kB, so a page is read well within one request's time even on a slow
 * server, and 20,000 secrets take 100 calls. Secret Server's own default is 10.
 */
const searchPageSize = 200;

/** The LIST has at most 25 rows per page; so many go into the ledger by one statement. */
const rowsPerStatement = 250;

interface ScanProgress {
  rows: number;
  pages: number;
}

/**
 * Both activities record what they see under a generation of their own and complete it at the end; an attempt that was
 * overtaken fails with `ScanSuperseded`. They heartbeat, and stop between pages when the cycle is cancelled.
 */
export function createScanActivities(services: SyncServices): ScanActivities {
  return {
    /** LIST of the vault: metadata and tags, no value. Errors: the `KeyVault…`, `Entra…` and `Ledger…` codes. */
    async scanKeyVault(request) {
      return await scan(services, request, 'keyVault', async (context, generation, progress) => {
        await scanVault(context, generation, progress);
        return {};
      });
    },

    /**
     * The report of changes, then a search of each governed folder. Errors: the `SecretServer…` and `Ledger…` codes, and
     * `FolderUnknown` when no rule names a folder that exists.
     */
    async scanSecretServer(request) {
      return await scan(services, request, 'secretServer', async (context, generation, progress) => {
        // Before the search: what the report tells later than that is told again in the next cycle.
        const changesReport = await collectChanges(context);
        const folders = await listFolders(context.connections.secretServer);
        const { searches, unknown } = governedFolders(context.settings.syncRules, folders);
        if (searches.length === 0) {
          throw new SsakvError('FolderUnknown', { detail: `The rules name: ${unknown.join(', ')}.` });
        }
        const paths = new Map(folders.map((folder: Folder) => [folder.id, folder.path]));
        for (const search of searches) await scanFolder(context, search, paths, generation, progress);
        return { changesReport, unknownFolders: unknown };
      });
    },
  };
}

async function scan<More>(
  services: SyncServices,
  { cycleId, connector }: ScanRequest,
  side: Side,
  work: (context: SyncContext, generation: number, progress: ScanProgress) => Promise<More>,
): Promise<ScanResult & More> {
  const settings = await activeConnector(services, connector);
  const context = { services, settings, connections: await services.connect(settings), cycleId };
  const { generation, startedAt } = await startScan(services.db, cycleId, connector, side);
  const progress: ScanProgress = { rows: 0, pages: 0 };
  const { result, calls } = await countedForCycle(services.db, cycleId, () =>
    withCorrelationId(cycleId, () => whileHeartbeating(progress, () => work(context, generation, progress))),
  );
  if (!(await completeScan(services.db, cycleId, side, generation))) throw new SsakvError('ScanSuperseded');
  return { generation, startedAtIso: startedAt.toISOString(), ...progress, calls, ...result };
}

async function scanVault(context: SyncContext, generation: number, progress: ScanProgress): Promise<void> {
  const { services, settings, connections } = context;
  const { displayName, throttle } = settings;
  const signal = Context.current().cancellationSignal;
  const record = async (rows: readonly ExternalSecretRow[]): Promise<void> => {
    await recordExternalSecrets(services.db, displayName, generation, rows);
    progress.rows += rows.length;
  };
  let waiting: ExternalSecretRow[] = [];
  for await (const page of listExternalSecrets(connections.keyVault, throttle.deltaPageSize.value, signal)) {
    progress.pages += 1;
    waiting.push(...page);
    if (waiting.length < rowsPerStatement) continue;
    await record(waiting);
    waiting = [];
  }
  await record(waiting);
}

async function scanFolder(
  context: SyncContext,
  search: FolderSearch,
  paths: ReadonlyMap<number, string>,
  generation: number,
  progress: ScanProgress,
): Promise<void> {
  const { services, settings, connections } = context;
  const signal = Context.current().cancellationSignal;
  const options = { ...search, includeInactive: false, take: searchPageSize };
  for await (const page of searchSecrets(connections.secretServer, options, signal)) {
    const rows = page.map((summary) =>
      secretRowOf(settings, summary, summary.folderPath ?? paths.get(summary.folderId) ?? ''),
    );
    await recordSecrets(services.db, settings.displayName, generation, rows);
    await followTemplates(services.db, settings.displayName, rows);
    progress.pages += 1;
    progress.rows += rows.length;
  }
}
