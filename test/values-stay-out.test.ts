import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import type { CycleReport } from '../domain/cycles';
import { demoTemplateMaps } from '../config/dev-texts';
import { startHttp, type HttpProcess } from './support/http-process';
import { filesBelow, lastingPlaces, place, type Place } from './support/lasting-places';
import { leakSearch, newMark, newOddMark, type Leak } from './support/leak-search';
import { plantingsOf } from './support/leak-plantings';
import { makeMarkedSecrets, type MarkedSecrets } from './support/marked-secrets';
import { runMarkedScenario } from './support/marked-scenario';
import { startSyncWorld, type SyncWorld } from './support/sync-world';
import { vaultContent } from './support/vault-content';

jest.setTimeout(300_000);

let world: SyncWorld;
let http: HttpProcess;
let secrets: MarkedSecrets;
let reports: readonly CycleReport[];
const shown: Place[] = [];

/** What a person sees of it: results, lists, the audit, and errors. */
const commands = (name: string, secretId: number): readonly (readonly string[])[] => [
  ['connector', 'list'],
  ['connector', 'show'],
  ['connector', 'test'],
  ['secret', 'list'],
  ['secret', 'show', String(secretId)],
  ['secret', 'show', name],
  ['case', 'list'],
  ['sync', 'status'],
  ['sync', 'plan'],
  ['sync', 'run'],
  ['audit', 'export'],
  ['audit', 'verify'],
  ['maps', 'validate'],
  ['ledger', 'verify'],
  ['doctor'],
];

beforeAll(async () => {
  world = await startSyncWorld({
    demo: true,
    logLevel: 'debug',
    keepTemporalFiles: true,
    templateMaps: demoTemplateMaps.replace('type_coerce: string', 'type_coerce: number'),
    throttle: { retry_max_attempts: '2', retry_base_delay_ms: '50' },
  });
  http = await startHttp(world.settingsFile);
  secrets = await makeMarkedSecrets(world);
  const scenario = await runMarkedScenario(world, secrets);
  reports = scenario.reports;
  shown.push(...scenario.failures.map((failure, index) => place(`failure ${index}`, failure)));
  for (const command of commands(`ss-prod-${secrets.odd}`, secrets.odd)) {
    await Promise.all([show(command), show([...command, '--json'])]);
  }
  await showRefusedFile();
});

afterAll(async () => {
  await http?.stop();
  await world?.stop();
});

async function show(args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await world.cli(...args);
  shown.push(place(`output of ssakv ${args.join(' ')}`, `${code}\n${stdout}\n${stderr}`));
}

/** A person writes the password itself where its reference belongs. */
async function showRefusedFile(): Promise<void> {
  const folder = path.dirname(world.settingsFile);
  const file = path.join(folder, 'connector.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/\}\s*$/, `, "clientSecret": "${secrets.mark('literal in a file')}" }`));
  await show(['connector', 'apply', file]);
  writeFileSync(file, text);
}

async function everything(): Promise<readonly Place[]> {
  return [...(await lastingPlaces(world)), ...shown, place('log of ssakv http', http.log())];
}

/** The credentials that the processes were given, the passwords among them. */
function credentials(): readonly string[] {
  const files = filesBelow(path.join(path.dirname(world.settingsFile), 'credentials'));
  const pem = readFileSync(world.emulators.ready.entra.certificatePath, 'utf8');
  const privateKey = /PRIVATE KEY-----\n(.+?)\n-----END/s.exec(pem)?.[1]?.split('\n').slice(1) ?? [];
  return [...files.map(({ bytes }) => bytes.toString('utf8').trim()), ...privateKey, 'eyJhbGciOiJSUzI1NiIs'];
}

describe('after everything that a connector goes through', () => {
  it('has pushed the marked values and met every trouble, or the search would prove nothing', async () => {
    const held = JSON.stringify([...(await vaultContent(world.emulators)).values()]);
    for (const name of [
      'bulk',
      'file',
      'forced',
      'in flight when the worker died',
      'password of a finished change',
    ]) {
      expect([name, held.includes(secrets.marks.get(name) ?? '?')]).toEqual([name, true]);
    }
    const codes = new Set(reports.flatMap(({ problems }) => problems.map(({ code }) => code)));
    expect([...codes]).toEqual(
      expect.arrayContaining([
        'FieldDoesNotCoerce',
        'FileNotText',
        'ValueTooLarge',
        'KeyVaultBadParameter',
        'KeyVaultConflict',
        'KeyVaultForbidden',
        'SecretServerUnavailable',
        'SecretServerAnsweredGarbage',
      ]),
    );
    expect(shown.filter(({ name }) => name.startsWith('failure')).length).toBeGreaterThan(0);
  });

  it('leaves no value anywhere that lasts', async () => {
    const { search } = leakSearch([...secrets.marks.values(), ...credentials()]);
    const names = [...secrets.marks.keys()];
    const places = await everything();
    const leaks = places.flatMap(({ name, bytes }) => search(name, bytes));
    expect(places.length).toBeGreaterThan(100);
    expect(leaks.map((leak) => ({ ...leak, mark: names[leak.mark] ?? 'a credential' }))).toEqual([]);
  });
});

describe('the search through everything that lasts', () => {
  const odd = newOddMark();
  const { search } = leakSearch([odd]);
  const plantings = plantingsOf(odd);
  const formsOf = (leaks: readonly Leak[]) => [...new Set(leaks.map(({ form }) => form))].sort();
  const all = formsOf(plantings.map(({ form }) => ({ form, place: '', mark: 0, offset: 0 })));
  const leaksIn = async (part: string) =>
    (await lastingPlaces(world))
      .filter(({ name }) => name.includes(part))
      .flatMap(({ name, bytes }) => search(name, bytes));

  it('finds a value in a log line, in each form', async () => {
    for (const { bytes } of plantings) appendFileSync(path.join(world.directory, 'worker.log'), bytes);
    expect(formsOf(await leaksIn('worker.log'))).toEqual(all);
  });

  it('finds a value in a file, in each form', async () => {
    const file = path.join(world.directory, 'config', 'left-behind.tmp');
    writeFileSync(file, Buffer.concat(plantings.map(({ bytes }) => bytes)));
    expect(formsOf(await leaksIn('left-behind'))).toEqual(all);
  });

  it('finds a value in a row of the ledger, in each form that a text can have', async () => {
    for (const { bytes } of plantings.filter((planting) => !planting.bytes.includes(0))) {
      await sql`
        insert into audit_head (connector, sequence, mac)
        values (${`planted ${newMark()}`}, 0, ${bytes.toString('utf8')})`.execute(world.ledger);
    }
    const texts = all.filter((form) => !form.startsWith('utf16')); // PostgreSQL keeps no NUL in a text.
    expect(formsOf(await leaksIn('ledger table audit_head'))).toEqual(texts);
  });

  it('finds a value in a history and in the database of Temporal, in each form', async () => {
    await world.temporal.workflow.start('planted', {
      workflowId: 'planted',
      taskQueue: 'polled-by-nobody',
      args: plantings.map(({ bytes }) => bytes),
      memo: { planted: odd },
    });
    expect(formsOf(await leaksIn('history of planted'))).toEqual(all);
    expect(formsOf(await leaksIn('temporal.db'))).toEqual(all);
    expect(formsOf(await leaksIn('description of planted'))).not.toEqual([]);
  });
});
