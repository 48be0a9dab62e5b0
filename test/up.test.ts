import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { writeDevFiles } from '../config/dev-files';
import { startEmulators, type Emulators } from './support/emulators';
import { vaultContent } from './support/vault-content';

const program = path.resolve(__dirname, '..', 'dist', 'client', 'cli', 'main.js');
const anyPorts = ['--temporal-port', '--ui-port', '--http-port'].flatMap((option) => [option, '0']);

// A start brings up Temporal, the ledger, a worker and http, each as a process.
jest.setTimeout(240_000);

let emulators: Emulators;
let folder: string;
let connectorFile: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'ssakv-up-'));
  emulators = await startEmulators({ demo: true });
  const files = writeDevFiles({
    folder: path.join(folder, 'my-config'),
    standIns: emulators.ready,
    ledgerUrl: 'postgres://ssakv@127.0.0.1:1/ssakv',
    temporal: { address: '127.0.0.1:1', namespace: 'default' },
    ports: { operators: 1, metrics: 2, workerMetrics: 3 },
    syncIntervalSeconds: 600,
  });
  connectorFile = files.connectorFile;
});

afterAll(async () => {
  await emulators?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly exitCode: number | null;
  readonly ready: Record<string, unknown> | undefined;
  readonly errors: string;
}

/** Runs `ssakv up` until it ends, or until `whenReady` is over. */
async function up(whenReady: () => Promise<void> = async () => undefined): Promise<Ended> {
  const words = ['up', '--json', '-c', connectorFile, '--data-dir', path.join(folder, 'data'), ...anyPorts];
  const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (part: Buffer) => (errors += part.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const line = await Promise.race([
    new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
    ended.then(() => undefined),
  ]);
  if (line !== undefined) {
    await whenReady();
    child.kill('SIGTERM');
  }
  const ready = line === undefined ? undefined : (JSON.parse(line) as Record<string, unknown>);
  return { exitCode: await ended, ready, errors };
}

test('a connector whose connection test fails ends the start with each failed check and its remedy', async () => {
  const right = readFileSync(connectorFile, 'utf8');
  writeFileSync(
    connectorFile,
    right.replace(emulators.ready.entra.clientId, '00000000-0000-4000-8000-000000000000'),
  );
  const { exitCode, ready, errors } = await up();
  writeFileSync(connectorFile, right);
  expect(ready).toBeUndefined();
  expect(exitCode).toBe(1);
  const lines = errors.trim().split('\n');
  const failure = JSON.parse(lines.find((line) => line.startsWith('{"error"')) ?? '{}') as {
    error: { code: string; message: string };
  };
  expect(failure.error.code).toBe('ActivationFailed');
  expect(failure.error.message).toMatch(/Check token: .*application.*Compare clientId and tenantId/);
  expect(readdirSync(path.join(folder, 'data', 'run'))).toEqual([]);
});

test('with the connector corrected, the next start in the same folder runs, and Key Vault has the secrets', async () => {
  let names: readonly string[] = [];
  const { exitCode, ready } = await up(async () => {
    names = [...(await vaultContent(emulators)).keys()];
  });
  expect(ready).toMatchObject({ connector: 'akv-prod-eastus', temporal: { taskQueue: 'ssakv' } });
  expect(ready).not.toHaveProperty('emulators');
  expect(names).toEqual(expect.arrayContaining(['oracle-1001', 'ss-prod-1011']));
  expect(exitCode).toBe(0);
  expect(readdirSync(path.join(folder, 'data', 'run'))).toEqual([]);
});

test('an active connector starts again although its vault refuses everything for the moment', async () => {
  const { id } = await emulators.control.addFault({
    match: { service: 'keyVault' },
    effect: { kind: 'answer', when: 'before', status: 503, body: {} },
    count: 'unlimited',
  });
  const { exitCode, ready } = await up();
  await emulators.control.removeFault(id);
  expect(ready).toMatchObject({ connector: 'akv-prod-eastus' });
  expect(exitCode).toBe(0);
});
