import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Ajv2019 from 'ajv/dist/2019';
import addFormats from 'ajv-formats';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { loadRuntimeSettings } from '../config/runtime-settings';
import { buildProgram } from '../client/cli/program';

const repository = path.resolve(__dirname, '..');
const read = (...names: string[]) => readFileSync(path.join(repository, ...names), 'utf8');

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[] };
  readonly read_only?: boolean;
  readonly deploy?: { readonly replicas?: number };
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>;
  secrets: Record<string, unknown>;
};
const ownServices = Object.entries(compose.services).filter(([, service]) =>
  service.image.startsWith('ssakv:'),
);

/** The schema says `id` as older drafts did, beside references that do not need it; this validator refuses the word. */
function schemaErrors(document: unknown): string[] {
  const text = read('test', 'fixtures', 'compose-spec', 'compose-spec.json');
  const schema = JSON.parse(text, (key, value: unknown) => {
    return (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value;
  }) as object;
  const ajv = new Ajv2019({ strict: false, allErrors: true });
  addFormats(ajv);
  for (const format of ['ports', 'expose', 'duration', 'subnet_ip_address']) ajv.addFormat(format, true);
  const validate = ajv.compile(schema);
  return validate(document)
    ? []
    : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

/** The command that the words name, or undefined; options of its own must exist. */
function findCommand(words: readonly string[]): Command | undefined {
  const [name, ...rest] = words;
  const command = buildProgram().commands.find((candidate) => candidate.name() === name);
  const options = rest.filter((word) => word.startsWith('--'));
  return options.every((option) => command?.options.some(({ long }) => long === option))
    ? command
    : undefined;
}

test('the compose file is valid by the published schema', () => {
  expect(schemaErrors(compose)).toEqual([]);
});

test('the schema check finds a planted mistake', () => {
  const worker = { ...compose.services['worker'], restrat: 'always' };
  expect(schemaErrors({ ...compose, services: { ...compose.services, worker } })).not.toEqual([]);
});

test('setup, two workers and http run our image', () => {
  expect(ownServices.map(([name]) => name)).toEqual(['setup', 'worker', 'http']);
  expect(compose.services['worker']?.deploy?.replicas).toBe(2);
});

test.each(ownServices)('the command of %s exists in our command line', (_name, service) => {
  expect(findCommand(service.command ?? [])).toBeDefined();
});

test('every health check that runs our program uses a command that exists', () => {
  const checks = [
    ...ownServices.flatMap(([, { healthcheck }]) => (healthcheck?.test ? [healthcheck.test.slice(1)] : [])),
    JSON.parse(/^HEALTHCHECK .*CMD (\[.*\])$/m.exec(read('Dockerfile'))?.[1] ?? '[]') as string[],
  ];
  expect(checks.length).toBeGreaterThanOrEqual(3);
  for (const [node, program, ...words] of checks) {
    expect([node, program]).toEqual(['node', 'dist/client/cli/main.js']);
    expect(findCommand(words)).toBeDefined();
  }
});

test('a command that does not exist would be noticed', () => {
  expect(findCommand(['serve'])).toBeUndefined();
  expect(findCommand(['worker', '--no-such-option'])).toBeUndefined();
});

test('our containers have a read-only root, and every secret they name is declared', () => {
  for (const [, service] of ownServices) {
    expect(service.read_only).toBe(true);
    for (const secret of service.secrets ?? []) expect(Object.keys(compose.secrets)).toContain(secret);
  }
});

test('the image runs as a plain user', () => {
  const lastStage =
    read('Dockerfile')
      .split(/^FROM /m)
      .at(-1) ?? '';
  expect(lastStage).toMatch(/^USER node$/m);
});

test('the settings of the compose file are accepted, and its health checks ask the ports they name', () => {
  const settings = loadRuntimeSettings(path.join(repository, 'deploy', 'config', 'ssakv.yaml'));
  const asked = (name: string) => new URL(compose.services[name]?.healthcheck?.test?.at(-1) ?? '').port;
  expect(asked('http')).toBe(String(settings.listeners.operators.port));
  expect(asked('worker')).toBe(String(settings.listeners.workerMetrics.port));
});

test('the secrets that an operator writes for the containers are never committed', () => {
  const ignored = read('.gitignore').split('\n');
  expect(ignored).toContain('deploy/secrets/');
  expect(ignored).toContain('.env');
});

test('no database account is made when its password cannot be read', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ssakv-psql-'));
  const psql = path.join(folder, 'psql');
  writeFileSync(psql, '#!/bin/sh\necho psql was called\n');
  chmodSync(psql, 0o755);
  const script = path.join(repository, 'deploy', 'postgresql', 'create-databases.sh');
  const environment = { PATH: `${folder}:${process.env['PATH']}`, POSTGRES_USER: 'postgres' };
  const { status, stdout } = spawnSync('sh', [script], { env: environment, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
});
