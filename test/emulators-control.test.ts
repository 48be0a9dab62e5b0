import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawn } from 'node:child_process';
import type { SecretClient } from '@azure/keyvault-secrets';
import { secretClient } from './support/azure-clients';
import { type Emulators, type FaultInput, type FaultState, startEmulators } from './support/emulators';

type Effect = FaultInput['effect'];
const FAILURE = { error: { code: 'InternalServerError', message: 'An error occurred' } };
const SET = { service: 'keyVault', operation: 'set', withToken: true } as const;

let emulators: Emulators;
let client: SecretClient;

beforeAll(async () => {
  emulators = await startEmulators();
  client = secretClient(emulators);
});
afterAll(async () => emulators.stop());
beforeEach(async () => emulators.control.reset());

async function versionsOf(name: string, of: SecretClient = client): Promise<number> {
  const versions: unknown[] = [];
  for await (const version of of.listPropertiesOfSecretVersions(name)) versions.push(version);
  return versions.length;
}

const addFault = async (effect: Effect, more: Partial<FaultInput> = {}): Promise<FaultState> =>
  emulators.control.addFault({ match: SET, effect, ...more });

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

async function post(route: string, body: unknown): Promise<{ status: number; text: string }> {
  const response = await fetch(`${emulators.ready.control.url}${route}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

describe('Counting', () => {
  test('calls are counted by service, operation and status, challenges under 401', async () => {
    const fresh = secretClient(emulators);
    await fresh.setSecret('a', 'v');
    await fresh.getSecret('a');
    await fresh.getSecret('absent').catch(() => undefined);
    const { calls, totals, total } = await emulators.control.stats();
    expect(calls.filter((call) => call.service === 'keyVault')).toEqual([
      { service: 'keyVault', operation: 'get', status: 200, count: 1 },
      { service: 'keyVault', operation: 'get', status: 404, count: 1 },
      { service: 'keyVault', operation: 'set', status: 200, count: 1 },
      { service: 'keyVault', operation: 'set', status: 401, count: 1 },
    ]);
    expect(totals).toEqual({ entra: 2, keyVault: 4, secretServer: 0 });
    expect(total).toBe(6);
    await emulators.control.resetStats();
    expect((await emulators.control.stats()).total).toBe(0);
  });

  test('the log names each call with its correlation id and object, without values, and can be read on', async () => {
    await client.setSecret('logged', 'a-value', {
      requestOptions: { headers: { 'x-ms-client-request-id': 'correlation' } },
    });
    const { entries, newest } = await emulators.control.log();
    expect(entries.at(-1)).toMatchObject({
      n: newest,
      service: 'keyVault',
      operation: 'set',
      object: 'logged',
      method: 'PUT',
      status: 200,
      clientRequestId: 'correlation',
    });
    expect(JSON.stringify(entries)).not.toContain('a-value');
    await client.getSecret('logged');
    expect((await emulators.control.log(newest)).entries.map((entry) => entry.operation)).toEqual(['get']);
  });
});

describe('Faults', () => {
  test('an answer takes the place of the call, for the nth call and as often as asked', async () => {
    const body = { error: { code: 'Throttled', message: 'Too many requests' } };
    const effect: Effect = { kind: 'answer', status: 429, headers: { 'retry-after': '7' }, body };
    await addFault(effect, { nth: 2, count: 2 });
    const outcomes: unknown[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      outcomes.push(
        await client.setSecret(name, 'v').then(
          () => 200,
          (error: { statusCode: number }) => error.statusCode,
        ),
      );
    }
    expect(outcomes).toEqual([200, 429, 429, 200]);
    expect(await versionsOf('b')).toBe(0);
    const [fault] = await emulators.control.faults();
    expect(fault).toMatchObject({ seen: 4, hit: 2, held: 0 });
    expect((await emulators.control.log()).entries.filter((entry) => entry.fault === fault?.id)).toHaveLength(
      2,
    );
    expect(await emulators.control.count('keyVault', 'set', 429)).toBe(2);
  });

  test('an answer can come after the effect', async () => {
    await addFault({ kind: 'answer', when: 'after', status: 500, body: FAILURE });
    await expect(client.setSecret('done', 'v')).rejects.toMatchObject({ statusCode: 500 });
    expect(await versionsOf('done')).toBe(1);
  });

  test('an object is matched exactly or by a pattern', async () => {
    await addFault(
      { kind: 'answer', status: 503, body: FAILURE },
      { match: { ...SET, object: 'exact' }, count: 'unlimited' },
    );
    await addFault(
      { kind: 'answer', status: 504, body: FAILURE },
      { match: { ...SET, objectPattern: '^p-\\d+$' }, count: 'unlimited' },
    );
    await expect(client.setSecret('exact', 'v')).rejects.toMatchObject({ statusCode: 503 });
    await expect(client.setSecret('p-12', 'v')).rejects.toMatchObject({ statusCode: 504 });
    await client.setSecret('exactly', 'v');
    await client.setSecret('p-x', 'v');
    await emulators.control.removeFaults();
    await client.setSecret('exact', 'v');
  });

  test('a cut before the effect leaves nothing behind, a cut after it leaves one version', async () => {
    await addFault({ kind: 'cut', when: 'before' });
    await expect(client.setSecret('early', 'v')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await versionsOf('early')).toBe(0);
    await addFault({ kind: 'cut', when: 'after' });
    await expect(client.setSecret('late', 'v')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await versionsOf('late')).toBe(1);
    expect(await emulators.control.count('keyVault', 'set', 0)).toBe(2);
  });

  test('garbage is a page of HTML with status 200', async () => {
    await addFault({ kind: 'garbage', when: 'after' });
    await expect(client.setSecret('odd', 'v')).rejects.toThrow();
    expect(await versionsOf('odd')).toBe(1);
  });

  test('a call held before its effect lands when it is released, though its client has gone', async () => {
    const fault = await addFault({ kind: 'hold', when: 'before' });
    const abort = new AbortController();
    const call = client
      .setSecret('zombie', 'v', { abortSignal: abort.signal })
      .catch((error: Error) => error.name);
    await until(async () => (await emulators.control.fault(fault.id)).held === 1);
    abort.abort();
    expect(await call).toBe('AbortError');
    expect(await versionsOf('zombie')).toBe(0);
    expect(await emulators.control.release(fault.id)).toBe(1);
    await until(async () => (await versionsOf('zombie')) === 1);
  });

  test('a call held after its effect has landed but is answered only on release', async () => {
    const fault = await addFault({ kind: 'hold', when: 'after' });
    const call = client.setSecret('landed', 'v');
    await until(async () => (await emulators.control.fault(fault.id)).held === 1);
    expect(await versionsOf('landed')).toBe(1);
    await emulators.control.removeFault(fault.id);
    expect((await call).value).toBe('v');
  });

  test('a delayed call is answered normally', async () => {
    const fault = await addFault({ kind: 'delay', when: 'before', delayMs: 5 });
    expect((await client.setSecret('slow', 'v')).value).toBe('v');
    expect((await emulators.control.fault(fault.id)).hit).toBe(1);
  });

  test('a fault can be for calls without a token only, so that a probe is hit or spared', async () => {
    await client.setSecret('probed', 'v');
    await addFault(
      { kind: 'answer', status: 500, body: FAILURE },
      { match: { service: 'keyVault', withToken: false } },
    );
    await client.setSecret('a', 'v');
    await expect(secretClient(emulators).setSecret('a', 'v')).rejects.toMatchObject({ statusCode: 500 });
  });
});

describe('The control endpoint', () => {
  test.each([
    ['/faults', { match: { service: 'keyVault' }, effect: { kind: 'explode' } }],
    ['/faults', { match: { service: 'keyVault', operatoin: 'set' }, effect: { kind: 'cut' } }],
    ['/faults', { match: { service: 'keyVault', objectPattern: '(' }, effect: { kind: 'cut' } }],
    ['/clock', { offsetSeconds: 'soon' }],
    ['/latency', { keyvault: 5 }],
    ['/key-vault', { pages: 'none' }],
    ['/secret-server', { edit: 'createFolder' }],
  ])('%s refuses what it does not know', async (route, body) => {
    const { status, text } = await post(route, body);
    expect(status).toBe(400);
    expect((JSON.parse(text) as { error: string }).error).toMatch(/\w/);
  });

  test('an unknown path and a body that is not JSON are told plainly', async () => {
    expect(await post('/fault', {})).toEqual({ status: 404, text: '{"error":"There is no POST /fault"}' });
    const response = await fetch(`${emulators.ready.control.url}/clock`, { method: 'POST', body: '{' });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: 'The body is not JSON' });
  });

  test('latency is kept per service until reset', async () => {
    expect(JSON.parse((await post('/latency', { keyVault: 5 })).text)).toMatchObject({ keyVault: 5 });
    expect(JSON.parse((await post('/latency', { entra: 1 })).text)).toMatchObject({ keyVault: 5, entra: 1 });
    await emulators.control.reset();
    expect(JSON.parse((await post('/latency', {})).text)).toMatchObject({ keyVault: 0, entra: 0 });
  });

  test('reset empties the vault, removes faults and cuts what they hold without its effect', async () => {
    await client.setSecret('old', 'v');
    const fault = await addFault({ kind: 'hold', when: 'before' });
    const call = client.setSecret('held', 'v').catch((error: { code: string }) => error.code);
    await until(async () => (await emulators.control.fault(fault.id)).held === 1);
    await emulators.control.reset();
    expect(await call).toBe('ECONNRESET');
    expect(await versionsOf('old')).toBe(0);
    expect(await versionsOf('held')).toBe(0);
    expect(await emulators.control.faults()).toEqual([]);
  });
});

describe('World edits', () => {
  test('the world of Secret Server can be changed and read behind its back', async () => {
    await emulators.control.editSecretServer({ edit: 'createFolder', path: '\\Team' });
    expect(JSON.stringify(await emulators.control.secretServerWorld())).toContain('Team');
    await emulators.control.reset();
    expect(JSON.stringify(await emulators.control.secretServerWorld())).not.toContain('Team');
    expect((await post('/secret-server', { edit: 'teleport' })).status).toBe(400);
  });

  test('the demo is there on a first start and again after a reset', async () => {
    const demo = await startEmulators({ demo: true });
    try {
      const { folderId = 0 } = demo.ready.secretServer;
      const names = async () => JSON.stringify(await demo.control.secretServerWorld());
      expect(await names()).toContain('deploy key');
      await demo.control.editSecretServer({ edit: 'createFolder', path: '\\Team' });
      await demo.control.reset();
      expect(await names()).toContain('deploy key');
      expect(await names()).not.toContain('Team');
      expect(folderId).toBeGreaterThan(0);
    } finally {
      await demo.stop();
    }
  });
});

describe('The process', () => {
  test('a second start on the same folder continues: same URLs, same trust, same secrets', async () => {
    const dataDirectory = mkdtempSync(path.join(tmpdir(), 'ssakv-emulators-'));
    const first = await startEmulators({ dataDirectory });
    await secretClient(first).setSecret('kept', 'v', { tags: { a: '1' } });
    await first.stop();
    const second = await startEmulators({ dataDirectory });
    try {
      const before = { ...first.ready, pid: 0 };
      const after = { ...second.ready, pid: 0 };
      expect(after).toEqual(before);
      expect(second.ca).toBe(first.ca);
      expect(await secretClient(second).getSecret('kept')).toMatchObject({
        value: 'v',
        properties: { tags: { a: '1' } },
      });
      expect(await versionsOf('kept', secretClient(second))).toBe(1);
    } finally {
      await second.stop();
      rmSync(dataDirectory, { recursive: true });
    }
  });

  test('a port in use is told in a plain sentence', async () => {
    const { port } = new URL(emulators.ready.keyVault.url);
    await expect(startEmulators({ args: ['--key-vault-port', port] })).rejects.toThrow(
      `Port ${port} is in use.`,
    );
  });

  test('a wrong option is told with the usage', async () => {
    await expect(startEmulators({ args: ['--control-port', 'x'] })).rejects.toThrow(
      /--control-port must be a port number/,
    );
  });

  test('it ends when its parent does', async () => {
    const dataDirectory = mkdtempSync(path.join(tmpdir(), 'ssakv-emulators-'));
    const main = path.resolve(__dirname, '../dist/emulators/main.js');
    const child = spawn(process.execPath, [
      main,
      '--json',
      '--exit-with-parent',
      '--data-dir',
      dataDirectory,
    ]);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.stdout.once('data', () => child.stdin.end());
    expect(await ended).toBe(0);
    rmSync(dataDirectory, { recursive: true });
  });
});
