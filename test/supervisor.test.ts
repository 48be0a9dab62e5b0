import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { commandLineOf, isProcessAlive } from '../client/supervisor/process-table';
import { until } from './support/until';

const checkout = path.resolve(__dirname, '..');
const program = 'dist/client/cli/main.js';
const anyPorts = ['--port', '--temporal-port', '--ui-port', '--http-port', '--metrics-port'].flatMap(
  (option) => [option, '0'],
);
const parts = ['emulators', 'http', 'ledger', 'temporal', 'worker'];

// A start brings up five processes, and the first one also makes the ledger's database.
jest.setTimeout(240_000);

interface ReadyLine {
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    readonly ui: string;
    readonly taskQueue: string;
  };
  readonly http: { readonly operatorsUrl: string; readonly metricsUrl: string };
  readonly connector: string;
  readonly folderId: number;
  readonly emulators: Readonly<Record<string, { readonly url?: string }>>;
}

interface Run {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly errors: string[];
  readonly ended: Promise<number | null>;
}

let folder: string;
const runs: Run[] = [];

beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'dev-'))));
afterAll(async () => {
  for (const { child, ended } of runs) {
    child.kill('SIGTERM');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

function start(...options: string[]): Run {
  const words = ['dev', '--json', '--data-dir', folder, '--interval', '600', ...options];
  // As `npm start` does it: nothing in the command line says whose program this is.
  const child = spawn(process.execPath, [program, ...words], {
    argv0: 'node',
    cwd: checkout,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const run = {
    child,
    lines,
    errors,
    ended: new Promise<number | null>((resolve) => child.once('close', resolve)),
  };
  runs.push(run);
  return run;
}

async function ready(run: Run): Promise<ReadyLine> {
  await until(async () => run.lines.length > 0 || run.child.exitCode !== null);
  if (run.lines.length === 0) throw new Error(run.errors.join('\n'));
  return JSON.parse(run.lines[0] ?? '') as ReadyLine;
}

function pidOf(name: string): number {
  return Number(readFileSync(path.join(folder, 'run', `${name}.pid`), 'utf8'));
}

/** Every process that was started for this data directory, whoever started it. */
function processesLeft(): string[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return ids.map((id) => commandLineOf(Number(id)) ?? '').filter((line) => line.includes(folder));
}

describe('ssakv dev', () => {
  let first: ReadyLine;

  test('prints one JSON line when the demo connector is active, and its parts run', async () => {
    const run = start(...anyPorts);
    first = await ready(run);
    expect(first).toMatchObject({
      temporal: {
        address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        namespace: 'default',
        ui: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        taskQueue: 'ssakv',
      },
      http: { operatorsUrl: expect.any(String), metricsUrl: expect.any(String) },
      connector: expect.any(String),
      folderId: expect.any(Number),
      emulators: {
        secretServer: {
          url: expect.any(String),
          httpUrl: expect.any(String),
          username: expect.any(String),
          password: expect.any(String),
        },
        keyVault: { url: expect.any(String) },
        entra: {
          authority: expect.any(String),
          tenantId: expect.any(String),
          clientId: expect.any(String),
          clientSecret: expect.any(String),
        },
        caFile: expect.any(String),
        control: { url: expect.any(String) },
      },
    });
    expect(run.lines).toHaveLength(1);
    expect(parts.filter((name) => !isProcessAlive(pidOf(name)))).toEqual([]);
    const metrics = await (await fetch(first.http.metricsUrl)).text();
    expect(metrics).toMatch(/^ssakv_connector_state\{connector="[^"]+",state="Active"\} 1$/m);
    expect((await fetch(`${first.http.operatorsUrl}/readyz`)).status).toBe(200);
  });

  test('a second start in the same directory is refused with a plain sentence', async () => {
    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.errors.join('\n')).toMatch(/AlreadyStarted/);
    expect(second.lines).toEqual([]);
  });

  test('a worker that is killed is started again', async () => {
    const killed = pidOf('worker');
    process.kill(killed, 'SIGKILL');
    const file = path.join(folder, 'run', 'worker.pid');
    await until(
      async () => existsSync(file) && pidOf('worker') !== killed && isProcessAlive(pidOf('worker')),
    );
  });

  test('Ctrl-C ends it with status 0 and leaves nothing running', async () => {
    const [run] = runs;
    run?.child.kill('SIGINT');
    expect(await run?.ended).toBe(0);
    expect(processesLeft()).toEqual([]);
    expect(readdirSync(path.join(folder, 'run'))).toEqual([]);
  });

  test('the next start continues with the same addresses and the same vault, and an early Ctrl-C leaves nothing either', async () => {
    const run = start();
    const next = await ready(run);
    expect(next).toEqual(first);
    run.child.kill('SIGTERM');
    expect(await run.ended).toBe(0);

    const early = start();
    await until(async () => early.errors.length > 0);
    early.child.kill('SIGINT');
    expect(await early.ended).toBe(130);
    expect(processesLeft()).toEqual([]);
  });
});
