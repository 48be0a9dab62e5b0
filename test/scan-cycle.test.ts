import { CancelledFailure } from '@temporalio/common';
import { sql } from 'kysely';
import { createScanActivities } from '../activities/sync/scan';
import { getConnector } from '../ledger/connectors';
import { getCycle } from '../ledger/cycles';
import { completedScans } from '../ledger/scans';
import { activityEnvironment, asActivity, startCycleSteps, type CycleSteps } from './support/cycle-steps';
import { callsOf, newSecret } from './support/cycle-world';

jest.setTimeout(60_000);

let steps: CycleSteps;

const edit: CycleSteps['emulators']['control']['editSecretServer'] = (change) =>
  steps.emulators.control.editSecretServer(change);

beforeAll(async () => {
  steps = await startCycleSteps();
});
afterAll(async () => await steps.stop());

async function scannedFolders(cycleId: string): Promise<readonly string[]> {
  const { rows } = await sql<{ folder_path: string }>`
    select distinct s.folder_path from secret s
    join scan on scan.cycle_id = ${cycleId} and scan.side = 'secretServer' and s.generation = scan.generation
    order by 1`.execute(steps.ledger);
  return rows.map((row) => row.folder_path);
}

async function scan() {
  const cycleId = await steps.newCycle('full');
  return { cycleId, ...(await steps.scan(cycleId)) };
}

describe('the scan of Secret Server', () => {
  test('sees the governed folders only, with paths in forward slashes', async () => {
    const { cycleId, secretServer } = await scan();
    expect(secretServer).toMatchObject({ rows: 39, unknownFolders: [] });
    const folders = await scannedFolders(cycleId);
    expect(folders).toContain('Production/Oracle/East');
    expect(folders.every((folder) => folder.startsWith('Production'))).toBe(true);
  });

  test('finds the same folders on a server whose summaries have no path', async () => {
    const newer = await scan();
    const stamps = async () =>
      (await sql`select secret_id, stamp from secret order by 1`.execute(steps.ledger)).rows;
    const before = { stamps: await stamps(), folders: await scannedFolders(newer.cycleId) };
    await edit({ edit: 'setVersion', version: '11.2.2' });
    const older = await scan();
    await edit({ edit: 'setVersion', version: '11.7.61' });
    expect(await scannedFolders(older.cycleId)).toEqual(before.folders);
    expect(await stamps()).toEqual(before.stamps);
  });

  test('reads every page of a large folder', async () => {
    const { folderId } = await edit<{ folderId: number }>({
      edit: 'createFolder',
      path: '\\Production\\Large',
    });
    await edit({ edit: 'createSecrets', folderId, template: 'Web Password', count: 450 });
    const { secretServer } = await scan();
    expect(secretServer).toMatchObject({ rows: 489, pages: 3 });
  });

  test('names rules whose folder is unknown and searches the others', async () => {
    const known = { folder: 'production/web', includeSubfolders: false };
    await steps.configure({ syncRules: [known, { folder: 'Nowhere', includeSubfolders: true }] });
    const { cycleId, secretServer } = await scan();
    expect(secretServer.unknownFolders).toEqual(['Nowhere']);
    expect(await scannedFolders(cycleId)).toEqual(['Production/Web']);
  });

  test('fails when no rule names a folder that exists, so that nothing is found absent', async () => {
    await steps.configure({ syncRules: [{ folder: 'Nowhere', includeSubfolders: true }] });
    const cycleId = await steps.newCycle('full');
    await expect(steps.scan(cycleId)).rejects.toMatchObject({ code: 'FolderUnknown' });
    expect(await completedScans(steps.ledger, cycleId)).not.toHaveProperty('secretServer');
    await steps.configure({ syncRules: [{ folder: 'Production', includeSubfolders: true }] });
  });
});

describe('the report of changes', () => {
  test('leaves one hint for an edit, once', async () => {
    const secretId = await newSecret(steps);
    await steps.planned();
    await edit({ edit: 'setFields', secretId, fields: { notes: 'edited' } });
    expect((await scan()).secretServer.changesReport).toMatchObject({ kind: 'read', hints: 1 });
    expect((await scan()).secretServer.changesReport).toMatchObject({ kind: 'read', hints: 0 });
  });

  test('is no error when nobody installed it', async () => {
    await edit({ edit: 'setChangesReport', installed: false });
    expect((await scan()).secretServer.changesReport).toEqual({
      kind: 'notUsable',
      code: 'SecretServerReportUnusable',
    });
    await edit({ edit: 'setChangesReport', installed: true });
  });

  test('is not asked for when none is configured', async () => {
    const connector = await getConnector(steps.ledger, steps.connector);
    if (connector === undefined) throw new Error('The connector is not applied.');
    const { secretServer } = connector.settings;
    const without: Omit<typeof secretServer, 'changesReport'> & { changesReport?: string } = {
      ...secretServer,
    };
    delete without.changesReport;
    await steps.configure({ secretServer: without });
    const calls = await callsOf(steps, async () => {
      expect((await scan()).secretServer.changesReport).toEqual({ kind: 'notConfigured' });
    });
    expect(calls).not.toHaveProperty('secretServer.report');
    await steps.configure({ secretServer });
  });
});

describe('a scan', () => {
  test('counts its calls into the cycle', async () => {
    const { cycleId, secretServer } = await scan();
    const cycle = await getCycle(steps.ledger, cycleId);
    expect(cycle?.calls).toMatchObject(secretServer.calls);
    expect(cycle?.calls['keyVault.list']).toBeGreaterThan(0);
  });

  test('carries the cycle’s id as correlation id on every page', async () => {
    const { newest } = await steps.emulators.control.log();
    const { cycleId } = await scan();
    const { entries } = await steps.emulators.control.log(newest);
    const lists = entries.filter((entry) => entry.operation === 'list');
    expect(lists.length).toBeGreaterThan(0);
    expect(JSON.stringify(lists).split(cycleId)).toHaveLength(lists.length + 1);
  });

  test('that is cancelled stops and is not complete', async () => {
    const scans = createScanActivities(steps.services);
    const cycleId = await steps.newCycle('full');
    for (const side of ['scanKeyVault', 'scanSecretServer'] as const) {
      const environment = activityEnvironment();
      environment.cancel();
      const request = { cycleId, connector: steps.connector };
      await expect(asActivity(() => scans[side](request), environment)).rejects.toThrow(CancelledFailure);
    }
    expect(await completedScans(steps.ledger, cycleId)).toEqual({});
  });

  test('tells how far it is by heartbeats', async () => {
    const environment = activityEnvironment();
    const told: string[] = [];
    environment.on('heartbeat', (details: unknown) => told.push(JSON.stringify(details)));
    const scans = createScanActivities(steps.services);
    const request = { cycleId: await steps.newCycle('full'), connector: steps.connector };
    await asActivity(() => scans.scanKeyVault(request), environment);
    expect(told[0]).toBe('{"rows":0,"pages":0}');
  });

  test('of a connector that does not exist fails by name', async () => {
    const scans = createScanActivities(steps.services);
    const request = { cycleId: await steps.newCycle('full'), connector: 'nobody' };
    await expect(asActivity(() => scans.scanKeyVault(request))).rejects.toMatchObject({
      code: 'ConnectorUnknown',
    });
  });
});

describe('an attempt that fails', () => {
  test('adds the calls that it made to its cycle', async () => {
    const cycleId = await steps.newCycle('full');
    await steps.emulators.control.addFault({
      match: { service: 'keyVault', operation: 'list', withToken: true },
      effect: { kind: 'answer', when: 'before', status: 503, body: {} },
    });
    await expect(steps.scan(cycleId)).rejects.toMatchObject({ code: 'KeyVaultUnavailable' });
    await steps.emulators.control.removeFaults();
    expect((await getCycle(steps.ledger, cycleId))?.calls).toMatchObject({ 'keyVault.list': 1 });
  });
});
