import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { exitCodeFor } from '../client/cli/exit-codes';
import { buildProgram } from '../client/cli/program';
import { describeFailure } from '../client/failure';
import { SsakvError } from '../domain/errors/ssakv-error';

const program = path.resolve(__dirname, '..', 'dist', 'client', 'cli', 'main.js');
let folder: string;

beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'ssakv-cli-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

function run(...words: string[]): Promise<Ended> {
  const environment = { ...process.env };
  delete environment['SSAKV_CONFIG'];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...words],
      { cwd: folder, env: environment },
      (error, output, errors) => {
        resolve({ exitCode: error === null ? 0 : Number(error.code), output, errors });
      },
    );
  });
}

function writeSettings(extra = ''): string {
  const file = path.join(folder, 'ssakv.yaml');
  const key = path.join(folder, 'key');
  writeFileSync(key, Buffer.alloc(48, 7).toString('base64'));
  writeFileSync(
    file,
    `installation: { id: test, key: { file: ${key} } }\nledger: { url: 'postgres://ssakv@127.0.0.1:9/ssakv' }\ntemporal: { address: '127.0.0.1:9' }\n${extra}`,
  );
  return file;
}

function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

test('every command has a description, and the help tells examples, exit statuses and where settings are found', async () => {
  for (const command of leaves(buildProgram())) expect(command.description()).not.toBe('');
  const { exitCode, output } = await run('--help');
  expect(exitCode).toBe(0);
  expect(output).toMatch(/ssakv dev/);
  expect(output).toMatch(/Exit status:/);
  expect(output).toMatch(/SSAKV_CONFIG/);
});

test('a wrong command or option is refused with status 2 and a hint', async () => {
  const typo = await run('conector', 'list');
  expect(typo).toMatchObject({ exitCode: 2, output: '' });
  expect(typo.errors).toMatch(/Did you mean connector/);
  expect((await run('dev', '--port', 'x')).exitCode).toBe(2);
});

test('without ssakv.yaml a command says where it looked, with status 2 and no stack', async () => {
  const { exitCode, errors } = await run('connector', 'list');
  expect(exitCode).toBe(2);
  expect(errors).toMatch(/\[SettingsNotFound\]/);
  expect(errors.trim().split('\n')).toHaveLength(1);
});

test('with --json an error is one JSON line', async () => {
  const { errors, output } = await run('sync', 'status', '--json');
  expect(output).toBe('');
  expect(JSON.parse(errors)).toMatchObject({ error: { code: 'SettingsNotFound' } });
});

test.each([
  ['an unknown option', ['sync', 'run', '--bogus', '--json'], /unknown option '--bogus'/],
  ['a missing argument', ['--json', 'secret', 'show'], /missing required argument/],
  ['a missing subcommand', ['sync', '--json'], /A subcommand is missing/],
])('with --json %s is one JSON line as well', async (_what, words, message) => {
  const { exitCode, errors, output } = await run(...words);
  expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' });
  expect(JSON.parse(errors)).toEqual({
    error: { code: 'InvalidUsage', message: expect.stringMatching(message) },
  });
});

test('a credential that is not where its reference points is a matter of configuration', () => {
  expect(exitCodeFor('CredentialFileUnreadable')).toBe(2);
  expect(exitCodeFor('CredentialVariableMissing')).toBe(2);
});

test('a wrong ssakv.yaml is refused with status 2 and names the key', async () => {
  writeSettings('tempral: {}\n');
  const { exitCode, errors } = await run('connector', 'list');
  expect(exitCode).toBe(2);
  expect(errors).toMatch(/tempral/);
});

test('a ledger that does not answer gives status 3', async () => {
  writeSettings();
  const { exitCode, errors } = await run('connector', 'list');
  expect(errors).toMatch(/\[LedgerUnavailable\]/);
  expect(exitCode).toBe(3);
});

test('doctor lists what fails instead of stopping at the first, with status 4', async () => {
  writeSettings();
  const { exitCode, output } = await run('doctor', '--json');
  const { findings } = JSON.parse(output) as { findings: { check: string; status: string }[] };
  const statusOf = (name: string) => findings.find(({ check }) => check === name)?.status;
  expect([statusOf('installation key'), statusOf('ledger'), statusOf('Temporal')]).toEqual([
    'ok',
    'failed',
    'failed',
  ]);
  expect(exitCode).toBe(4);
});

test('health tells by its status whether an address answers well', async () => {
  const { exitCode, errors } = await run('health', 'http://127.0.0.1:9/healthz');
  expect(exitCode).toBe(3);
  expect(errors).toMatch(/\[NotHealthy\]/);
});

test('a number that is none is refused before anything is asked', async () => {
  writeSettings();
  const { exitCode, errors } = await run('sync', 'now', 'twelve');
  expect(exitCode).toBe(2);
  expect(errors).toMatch(/"twelve" is not the number of a secret/);
});

test('a fixed port that is in use is a plain sentence that names the option', async () => {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const { errors } = await run(
    'dev',
    '--data-dir',
    path.join(folder, 'data'),
    '--temporal-port',
    String(port),
    '--port',
    '0',
  );
  await new Promise((closed) => server.close(closed));
  expect(errors).toContain(`It is port ${port} on 127.0.0.1 (option --temporal-port).`);
  expect(errors).toMatch(/\[PortInUse\]/);
});

test('a data directory of another command is refused', async () => {
  const data = path.join(folder, 'data');
  await run('up', '-c', 'missing.json', '--data-dir', data);
  const { errors } = await run('emulate', '--data-dir', data);
  expect(errors).toMatch(/\[DataDirectoryMismatch\]/);
});

test('the text of an error that is not ours is withheld', () => {
  const { code, message } = describeFailure(new TypeError('body: {"value":"hunter2"}'));
  expect(code).toBe('Unexpected');
  expect(message).toContain('TypeError');
  expect(message).not.toContain('hunter2');
});

test('codes map to the documented statuses', () => {
  expect(exitCodeFor(new SsakvError('ConfigurationInvalid').code)).toBe(2);
  expect(exitCodeFor(new SsakvError('TemporalUnreachable').code)).toBe(3);
  expect(exitCodeFor(new SsakvError('WorkflowFailed').code)).toBe(1);
});
