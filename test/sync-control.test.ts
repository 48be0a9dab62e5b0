import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { getConnector, setConnectorState } from '../ledger/connectors';
import { activate } from './support/cycle-runs';
import type { ExpectedSecret } from './support/oracle';
import { holdCall, progressOf, reportOf, startCycle } from './support/running-cycles';
import {
  changePasswords,
  expectOneVersionPerChange,
  secretsWithPassword,
  versionCounts,
} from './support/synced-state';
import { startSyncWorld, until, type SyncWorld } from './support/sync-world';

jest.setTimeout(240_000);

const syncIntervalSeconds = 3_600;

let world: SyncWorld;
let secrets: readonly ExpectedSecret[];

beforeAll(async () => {
  world = await startSyncWorld({
    demo: true,
    connector: { syncIntervalSeconds },
    timings: { requestTimeoutSeconds: 8, pairLeaseSeconds: 10, settleSeconds: 10 },
  });
  await activate(world);
  secrets = await secretsWithPassword(world);
});

afterAll(async () => {
  await world?.stop();
});

/** A secret that no other test of this file changes. */
function takeSecret(): ExpectedSecret {
  const [first, ...others] = secrets;
  if (first === undefined) throw new Error('The demo has too few secrets.');
  secrets = others;
  return first;
}

describe('two starts at once', () => {
  it('make one cycle; the other start completes as AlreadyRunning and names it', async () => {
    const list = await holdCall(world, { service: 'keyVault', operation: 'list' }, 'before');
    const starts = await Promise.all([startCycle(world), startCycle(world)]);
    const refused = await Promise.race(
      starts.map(async (start) => ({ start, result: await start.result() })),
    );
    const [running] = starts.filter((start) => start !== refused.start);
    expect(refused.result).toEqual({
      outcome: 'AlreadyRunning',
      connector: world.connector,
      workflowId: running?.workflowId,
      runId: running?.firstExecutionRunId,
    });
    await list.release();
    expect(await running?.result()).toMatchObject({ outcome: 'Completed' });
  });
});

describe('a running cycle', () => {
  it('stops before its next page when it is paused, and goes on when it is resumed', async () => {
    const before = await versionCounts(world);
    const changed = await changePasswords(world, [takeSecret()]);
    const list = await holdCall(world, { service: 'keyVault', operation: 'list' }, 'before');
    const cycle = await startCycle(world);
    await list.reached();
    await cycle.signal('pause');
    await list.release();
    await until(async () => ['applying', 'ended'].includes((await progressOf(cycle)).phase));
    expect(await progressOf(cycle)).toMatchObject({ paused: true, pages: 1, pagesDone: 0, planned: 1 });
    expect(await versionCounts(world)).toEqual(before);
    await cycle.signal('resume');
    expect(await reportOf(cycle)).toMatchObject({ outcome: 'Completed', counts: { 'push.done': 1 } });
    await expectOneVersionPerChange(world, before, changed);
  });

  it('ends when it is cancelled in the middle of a page, and the next one completes the work', async () => {
    const before = await versionCounts(world);
    const secret = takeSecret();
    const changed = await changePasswords(world, [secret, takeSecret()]);
    const put = await holdCall(
      world,
      { service: 'keyVault', operation: 'set', object: secret.name },
      'before',
    );
    const cycle = await startCycle(world);
    await put.reached();
    await cycle.cancel();
    expect((await failureOf(cycle.result())).outermost).toBeInstanceOf(CancelledFailure);
    const next = await startCycle(world);
    await put.release();
    expect(await reportOf(next)).toMatchObject({ outcome: 'Completed', problems: [] });
    await expectOneVersionPerChange(world, before, changed);
  });

  it('that is terminated leaves its lease to the next start at once', async () => {
    const before = await versionCounts(world);
    const changed = await changePasswords(world, [takeSecret()]);
    const list = await holdCall(world, { service: 'keyVault', operation: 'list' }, 'before');
    const cycle = await startCycle(world);
    await list.reached();
    await cycle.terminate('test');
    const next = await startCycle(world);
    await list.release();
    expect(await reportOf(next)).toMatchObject({ outcome: 'Completed' });
    await expectOneVersionPerChange(world, before, changed);
  });
});

describe('the schedule of a connector', () => {
  it('starts a cycle at its syncIntervalSeconds and skips a start that would overlap', async () => {
    const { spec, policies, action } = await schedule().describe();
    expect(spec.intervals).toMatchObject([{ every: syncIntervalSeconds * 1_000 }]);
    expect(policies.overlap).toBe('SKIP');
    expect(action).toMatchObject({
      type: 'startWorkflow',
      workflowType: 'syncCycle',
      workflowId: `sync/${world.connector}`,
      args: [{ connector: world.connector }],
    });
  });

  it('runs a cycle when it is triggered', async () => {
    const before = await versionCounts(world);
    const changed = await changePasswords(world, [takeSecret()]);
    await schedule().trigger();
    await until(async () => !['', 'RUNNING'].includes(await lastScheduled()));
    expect(await lastScheduled()).toBe('COMPLETED');
    await expectOneVersionPerChange(world, before, changed);
  });

  it('is updated by a second activation, and stays paused if somebody paused it', async () => {
    await schedule().pause('test');
    await applyConnector({ syncIntervalSeconds: 7_200 });
    await activate(world);
    const { spec, state } = await schedule().describe();
    expect(spec.intervals).toMatchObject([{ every: 7_200_000 }]);
    expect(state.paused).toBe(true);
  });

  function schedule() {
    return world.temporal.schedule.getHandle(`sync/${world.connector}`);
  }

  async function lastScheduled(): Promise<string> {
    const { info } = await schedule().describe();
    const action = info.recentActions.at(-1)?.action;
    if (action === undefined) return '';
    const { workflowId, firstExecutionRunId } = action.workflow;
    return (await world.temporal.workflow.getHandle(workflowId, firstExecutionRunId).describe()).status.name;
  }
});

describe('an input that is wrong', () => {
  it.each([
    {
      workflow: 'syncCycle',
      what: 'an unknown field',
      input: { conector: 'akv-prod-eastus' },
      says: [
        '`conector`',
        'expected the field `connector`',
        '{"connector": "akv-prod-eastus", "dryRun": true}',
      ],
    },
    {
      workflow: 'syncCycle',
      what: 'a field of the wrong type',
      input: { connector: 'akv-prod-eastus', dryRun: 'yes' },
      says: ['`dryRun`', 'expected true or false', '{"connector": "akv-prod-eastus", "dryRun": true}'],
    },
    {
      workflow: 'testConnection',
      what: 'an input that is no object',
      input: 'akv-prod-eastus',
      says: ['expected one JSON object', '{"connector": "akv-prod-eastus"}'],
    },
    {
      workflow: 'activateConnector',
      what: 'a name that cannot be one',
      input: { connector: 'no spaces!' },
      says: ['`connector`', 'expected the displayName of a connector', '{"connector": "akv-prod-eastus"}'],
    },
    {
      workflow: 'syncSecrets',
      what: 'a missing field',
      input: { connector: 'akv-prod-eastus' },
      says: ['`secretIds`', 'expected a list of 1 to 1000 ids', '"secretIds": [4821, 4822]'],
    },
    {
      workflow: 'syncSecrets',
      what: 'a wrong element of a list',
      input: { connector: 'akv-prod-eastus', secretIds: [1, 'two'] },
      says: ['`secretIds[1]`', 'expected the id of a secret', '"secretIds": [4821, 4822]'],
    },
  ])('fails $workflow at once as InvalidInput: $what', async ({ workflow, input, says }) => {
    const failure = await failureOfRun(workflow, input);
    expect(failure).toMatchObject({ type: 'InvalidInput', nonRetryable: true });
    for (const part of says) expect(failure.message).toContain(part);
  });

  it('fails as ConnectorUnknown when nobody applied that connector', async () => {
    const failure = await failureOfRun('syncCycle', { connector: 'nobody-knows-me' });
    expect(failure).toMatchObject({ type: 'ConnectorUnknown', nonRetryable: true });
    expect(failure.message).toContain('nobody-knows-me');
  });
});

describe('an activation that is cancelled', () => {
  it('leaves the connector as Registered with the reason, and not in its test for ever', async () => {
    const version = await holdCall(world, { service: 'secretServer', operation: 'version' }, 'before');
    const activation = await world.temporal.workflow.start('activateConnector', {
      workflowId: `activate/${world.connector}`,
      taskQueue: 'ssakv',
      args: [{ connector: world.connector }],
    });
    await version.reached();
    await activation.cancel();
    await version.release();
    expect((await failureOf(activation.result())).outermost).toBeInstanceOf(CancelledFailure);
    const found = await getConnector(world.ledger, world.connector);
    await setConnectorState(world.ledger, world.connector, 'Active');
    expect(found).toMatchObject({
      state: 'Registered',
      stateReason: 'The connection test was cancelled.',
    });
  });
});

describe('an activation beside a cycle that somebody started', () => {
  it('takes that cycle for its first one and becomes active', async () => {
    const search = await holdCall(world, { service: 'secretServer', operation: 'search' }, 'before');
    const running = await world.temporal.workflow.start('syncCycle', {
      workflowId: `sync/${world.connector}`,
      taskQueue: 'ssakv',
      args: [{ connector: world.connector }],
    });
    await search.reached();
    const activation = await activate(world);
    await search.release();
    await running.result();
    expect(activation).toMatchObject({ outcome: 'Active' });
    expect(activation.initialSync).toBeUndefined();
    expect(await getConnector(world.ledger, world.connector)).toMatchObject({ state: 'Active' });
  });
});

describe('a connector that cannot run', () => {
  it.each(['Paused', 'Retired', 'Registered'] as const)(
    'ends a cycle as NotActive while it is %s',
    async (state) => {
      await setConnectorState(world.ledger, world.connector, state, 'for the test');
      const result = await (await startCycle(world)).result();
      await setConnectorState(world.ledger, world.connector, 'Active');
      expect(result).toEqual({
        outcome: 'NotActive',
        connector: world.connector,
        state,
        reason: 'for the test',
      });
    },
  );

  it.each(['testConnection', 'activateConnector', 'syncCycle'])(
    'fails %s as EnginePoolNotPolled while no worker polls its pool',
    async (workflow) => {
      await applyConnector({ displayName: 'far-away', enginePoolId: 99 });
      await setConnectorState(world.ledger, 'far-away', 'Active');
      const failure = await failureOfRun(workflow, { connector: 'far-away' });
      expect(failure).toMatchObject({ type: 'EnginePoolNotPolled', nonRetryable: true });
      expect(failure.message).toContain('99');
    },
  );
});

/** Applies the connector's file with other members. */
async function applyConnector(change: Readonly<Record<string, unknown>>): Promise<void> {
  const folder = path.dirname(world.settingsFile);
  const text = readFileSync(path.join(folder, 'connector.json'), 'utf8').replace(/^\/\/.*\n/, '');
  const file = path.join(folder, 'changed-connector.json');
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(text) as object), ...change }));
  const { code, stderr } = await world.cli('connector', 'apply', file);
  if (code !== 0) throw new Error(stderr);
}

/** The failure of ours in a run that fails. */
async function failureOfRun(workflow: string, input: unknown): Promise<ApplicationFailure> {
  const run = world.temporal.workflow.execute<(input: unknown) => Promise<unknown>>(workflow, {
    workflowId: `wrong/${workflow}`,
    taskQueue: 'ssakv',
    args: [input],
  });
  const { ours } = await failureOf(run);
  if (ours === undefined) throw new Error('The run failed without a failure of ours.');
  return ours;
}

async function failureOf(
  run: Promise<unknown>,
): Promise<{ readonly outermost: unknown; readonly ours: ApplicationFailure | undefined }> {
  const error: unknown = await run.then(
    () => new Error('The run did not fail.'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof WorkflowFailedError)) throw error;
  let ours: ApplicationFailure | undefined;
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ApplicationFailure) ours = cause;
  }
  return { outermost: error.cause, ours };
}
