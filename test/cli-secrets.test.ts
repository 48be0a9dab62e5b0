import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setUpLedger } from '../client/setup';
import { loadRuntimeSettings } from '../config/runtime-settings';
import { closeCycle } from '../ledger/cycles';
import { recordDecisions, type DecisionRow } from '../ledger/decisions';
import { openConfiguredLedger } from '../workers/installation';
import { copyOfEmptyLedger, startEmbeddedServer, type EmbeddedServer } from './support/embedded-ledger';
import { newConnector, newCycle, newPairs, scanBothSides, secretRow } from './support/ledger-world';

const program = path.resolve(__dirname, '..', 'dist', 'client', 'cli', 'main.js');
let folder: string;
let server: EmbeddedServer;

beforeAll(async () => {
  folder = await copyOfEmptyLedger();
  server = await startEmbeddedServer(folder);
  const key = path.join(folder, 'key');
  writeFileSync(key, Buffer.alloc(48, 7).toString('base64'));
  writeFileSync(
    path.join(folder, 'ssakv.yaml'),
    `installation: { id: test, key: { file: ${key} } }\nledger: { url: '${server.url}' }\ntemporal: { address: '127.0.0.1:9' }\n`,
  );
  await fillLedger();
});
afterAll(async () => {
  await server.kill('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

/** Secret 1 was written and is in step, secret 2 was written and fails since, secret 3 never got its name. */
async function fillLedger(): Promise<void> {
  const settings = loadRuntimeSettings(path.join(folder, 'ssakv.yaml'));
  await setUpLedger(settings);
  const { db, close } = await openConfiguredLedger(settings);
  const connector = await newConnector(db);
  const written = await newPairs(db, connector, [1, 2]);
  const [nameless] = await newPairs(db, connector, [3], false);
  const cycle = await newCycle(db, connector);
  await scanBothSides(db, cycle, connector, { secrets: [1, 2, 3].map((id) => secretRow(id)), externals: [] });
  const problem = (
    pairId: number | undefined,
    secretId: number,
    change: Partial<DecisionRow>,
  ): DecisionRow => ({
    pairId,
    secretId,
    externalName: `name-${secretId}`,
    row: 3,
    decision: 'fail',
    code: 'ValueTooLarge',
    detail: 'The value has 26095 bytes; 25000 are allowed.',
    keyVaultVersion: undefined,
    syncVersion: 1,
    state: 'failed',
    ...change,
  });
  await recordDecisions(db, cycle, [
    problem(written[1]?.id, 2, {}),
    problem(nameless?.id, 3, { decision: 'hold', code: 'NameTaken', detail: undefined, state: 'held' }),
  ]);
  await closeCycle(db, cycle, { outcome: 'Completed', counts: {}, calls: {} });
  await close();
}

function run(...words: string[]): Promise<{ exitCode: number; output: string; errors: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...words], { cwd: folder }, (error, output, errors) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), output, errors });
    });
  });
}

test('secret list says which secrets are in step, and of the others why not', async () => {
  const { output } = await run('secret', 'list');
  expect(output).toMatch(/^1 .* in step +Production\/Oracle\/secret 1$/m);
  expect(output).toMatch(/^2 .* failed: ValueTooLarge +Production\/Oracle\/secret 2$/m);
  expect(output).toMatch(/^3 .* held: NameTaken +Production\/Oracle\/secret 3$/m);
});

test('secret show gives the reason and what to do', async () => {
  const { output, exitCode } = await run('secret', 'show', '2');
  expect(exitCode).toBe(0);
  expect(output).toMatch(/^State +failed: ValueTooLarge$/m);
  expect(output).toMatch(/^Why +The value .* 26095 bytes; .*Shorten the fields/m);
  expect((await run('secret', 'show', '1')).output).not.toMatch(/^Why/m);
});

test('a secret that nobody keeps in step is no wrong usage', async () => {
  const { exitCode, errors } = await run('secret', 'show', '99');
  expect(exitCode).toBe(1);
  expect(errors).toMatch(/Asked for: "99"\..*\[PairUnknown\]/);
});
