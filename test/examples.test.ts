import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { writeDevFiles } from '../config/dev-files';
import { secretClient } from './support/azure-clients';
import { startEmulators, type Emulators } from './support/emulators';

let emulators: Emulators;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'ssakv-examples-'));
  emulators = await startEmulators();
});

afterAll(async () => {
  await emulators?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('examples/read-external-secret.mjs reads a secret with nothing but a connector file', async () => {
  const { connectorFile } = writeDevFiles({
    folder,
    standIns: emulators.ready,
    ledgerUrl: 'postgres://ssakv@127.0.0.1:1/ssakv',
    temporal: { address: '127.0.0.1:1', namespace: 'default' },
    ports: { operators: 1, metrics: 2, workerMetrics: 3 },
    syncIntervalSeconds: 30,
  });
  await secretClient(emulators).setSecret('ss-prod-1', '{"a":"b"}', { tags: { 'ss-managed': 'true' } });
  const example = path.resolve(__dirname, '..', 'examples', 'read-external-secret.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [example, 'ss-prod-1', connectorFile]);
  expect(stdout.split('\n')[0]).toBe('{"a":"b"}');
  expect(stdout).toMatch(/^[0-9a-f]{32} .*ss-managed/m);
});
