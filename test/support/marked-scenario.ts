import type { CycleReport } from '../../domain/cycles';
import { activate, runCycle, syncSecrets } from './cycle-runs';
import type { FaultInput } from './emulators';
import type { MarkedSecrets } from './marked-secrets';
import { until, type SyncWorld } from './sync-world';

type Effect = FaultInput['effect'];

/** What services, proxies and login pages answer to a write or a read, repeating what they were sent. */
const troubles = (echo: string): readonly (readonly [string, Effect])[] => [
  ['403', answer(403, { error: { code: 'Forbidden', message: echo, innererror: { code: echo } } })],
  ['409', answer(409, { error: { code: 'Conflict', message: echo } })],
  ['429', answer(429, { error: { code: 'Throttled', message: echo } }, { 'retry-after': '1' })],
  ['500', answer(500, { exceptionMessage: echo, stackTrace: echo, value: echo })],
  ['400', answer(400, { error: { code: echo, message: echo } })],
  ['text instead of JSON', answer(200, `{"value":"${echo}`)],
  ['other JSON', answer(200, { value: [echo], id: echo, items: [{ itemValue: echo, fieldId: echo }] })],
  [
    'a login page',
    answer(200, `<html><form><input value="${echo}"></form></html>`, { 'content-type': 'text/html' }),
  ],
  ['garbage', { kind: 'garbage', when: 'after' }],
  ['a cut connection before', { kind: 'cut', when: 'before' }],
  ['a cut connection after', { kind: 'cut', when: 'after' }],
  ['an answer that is late', { kind: 'delay', when: 'after', delayMs: 7_000 }],
];

function answer(status: number, body: unknown, headers: Record<string, string> = {}): Effect {
  return { kind: 'answer', when: 'before', status, body, headers };
}

/** Everything that a connector goes through, with trouble at each step. What the runs failed with is returned as text. */
export async function runMarkedScenario(
  world: SyncWorld,
  secrets: MarkedSecrets,
): Promise<{
  readonly reports: readonly CycleReport[];
  readonly failures: readonly string[];
}> {
  const reports: CycleReport[] = [];
  const failures: string[] = [];
  const cycle = async (): Promise<void> => {
    await runCycle(world).then(
      (report) => reports.push(report),
      (error: unknown) => failures.push(describe(error)),
    );
  };
  const { initialSync } = await activate(world);
  if (initialSync !== undefined && 'cycleId' in initialSync) reports.push(initialSync);
  await troubleWrites(world, secrets);
  await cycle();
  await troubleReads(world, secrets);
  await cycle();
  await world.emulators.control.removeFaults();
  for (const [service, operation] of [
    ['keyVault', 'list'],
    ['secretServer', 'search'],
    ['secretServer', 'report'],
  ] as const) {
    await troubleSide(world, secrets, { service, operation });
    await cycle();
    await world.emulators.control.removeFaults();
  }
  await changePassword(world, secrets);
  await cycle();
  reports.push(await forceSync(world, secrets));
  await killInMidWrite(world, secrets);
  await until(async () => {
    await cycle();
    return reports.at(-1)?.problems.every(({ code }) => lastingCodes.has(code)) ?? false;
  });
  return { reports, failures };
}

/** What is wrong with the secrets themselves. */
const lastingCodes: ReadonlySet<string> = new Set(['FieldDoesNotCoerce', 'FileNotText', 'ValueTooLarge']);

async function edit(world: SyncWorld, secretId: number, fields: Record<string, string>): Promise<void> {
  await world.emulators.control.editSecretServer({ edit: 'setFields', secretId, fields });
}

async function troubleWrites(world: SyncWorld, secrets: MarkedSecrets): Promise<void> {
  for (const [index, [name]] of troubles('').entries()) {
    const secretId = secrets.plainIds[index] ?? 0;
    const password = secrets.mark(`written and met by ${name}`);
    const [, effect = { kind: 'cut', when: 'before' } as const] = troubles(password)[index] ?? [];
    await edit(world, secretId, { password });
    const match = {
      service: 'keyVault',
      operation: 'set',
      object: `ss-prod-${secretId}`,
      withToken: true,
    } as const;
    await world.emulators.control.addFault({ match, effect, count: name === '409' ? 'unlimited' : 1 });
  }
}

/** Between two secrets in trouble one is fine: many failures in a row would mean that the whole server is down. */
async function troubleReads(world: SyncWorld, secrets: MarkedSecrets): Promise<void> {
  for (const [index, [name]] of troubles('').entries()) {
    if (/^4(03|29)$/.test(name)) continue; // They concern the whole server, so they end the attempt.
    const [secretId = 0, fine = 0] = secrets.plainIds.slice(12 + 2 * index);
    await edit(world, fine, { username: 'edited' });
    const password = secrets.mark(`read and met by ${name}`);
    const [, effect = { kind: 'cut', when: 'before' } as const] = troubles(password)[index] ?? [];
    await edit(world, secretId, { password });
    const match = { service: 'secretServer', operation: 'read', object: String(secretId) } as const;
    await world.emulators.control.addFault({ match, effect, count: 2 });
  }
  const content = secrets.mark('file that an error repeats');
  await edit(world, secrets.withFile, { machine: 'moved.example.com', password: content });
  await world.emulators.control.addFault({
    match: { service: 'secretServer', operation: 'readField', object: String(secrets.withFile) },
    effect: answer(500, content),
  });
}

async function troubleSide(
  world: SyncWorld,
  secrets: MarkedSecrets,
  match: FaultInput['match'],
): Promise<void> {
  const echo = secrets.mark(`told by ${match.service} ${match.operation}`);
  await world.emulators.control.addFault({
    match,
    effect: answer(403, { error: { code: echo, message: echo }, message: echo, errorCode: echo }),
    count: 'unlimited',
  });
}

async function changePassword(world: SyncWorld, secrets: MarkedSecrets): Promise<void> {
  const { control } = world.emulators;
  await control.editSecretServer({ edit: 'configurePasswordChanges', delayMs: null });
  const [done = 0, failed = 0] = secrets.plainIds;
  for (const [secretId, name, succeeded] of [
    [done, 'password of a finished change', true],
    [failed, 'password of a failed change', false],
  ] as const) {
    await control.editSecretServer({
      edit: 'startPasswordChange',
      secretId,
      newPassword: secrets.mark(name),
    });
    await control.editSecretServer({ edit: 'finishPasswordChange', secretId, succeeded });
  }
}

async function forceSync(world: SyncWorld, secrets: MarkedSecrets): Promise<CycleReport> {
  const [, , , forced = 0] = secrets.plainIds;
  await edit(world, forced, { password: secrets.mark('forced') });
  return await syncSecrets(world, [forced, secrets.odd, secrets.tooLarge]);
}

/** A worker dies while Key Vault still works on its write; another one settles it. */
async function killInMidWrite(world: SyncWorld, secrets: MarkedSecrets): Promise<void> {
  const { control } = world.emulators;
  const [, , , , secretId = 0] = secrets.plainIds;
  await edit(world, secretId, { password: secrets.mark('in flight when the worker died') });
  const { id } = await control.addFault({
    match: { service: 'keyVault', operation: 'set', object: `ss-prod-${secretId}`, withToken: true },
    effect: { kind: 'hold', when: 'before' },
  });
  const handle = await world.temporal.workflow.start('syncCycle', {
    workflowId: `sync/${world.connector}/killed`,
    taskQueue: 'ssakv',
    args: [{ connector: world.connector }],
  });
  await until(async () => (await control.fault(id)).held > 0);
  await world.killWorker();
  await handle.terminate('its worker was killed');
  await control.release(id);
  await world.startWorker();
}

function describe(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause)
    parts.push(at.stack ?? String(at), JSON.stringify(at));
  return parts.join('\n');
}
