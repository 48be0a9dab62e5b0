import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { createBeginCycleActivities } from '../activities/begin-cycle';
import { createReportCycleActivities } from '../activities/report-cycle';
import type { SyncServices } from '../activities/services';
import { createTestConnectionActivities } from '../activities/test-connection';
import { openSecretServer } from '../adapters/secret-server/client';
import { serverVersion } from '../adapters/secret-server/server';
import type { SecretServerSettings } from '../domain/connectors';
import { applyConnector, getConnector } from '../ledger/connectors';
import { secretClient } from './support/azure-clients';
import { asActivity, startCycleSteps, type CycleSteps } from './support/cycle-steps';

jest.setTimeout(90_000);

let steps: CycleSteps;
let services: SyncServices;

beforeAll(async () => {
  steps = await startCycleSteps();
  // A namespace in which every task queue is polled and no other run is open.
  const temporal = {
    options: { namespace: 'default' },
    workflowService: { describeTaskQueue: async () => ({ pollers: [{}] }) },
  } as unknown as Client;
  services = { ...steps.services, temporal };
});

afterAll(async () => {
  await steps?.stop();
});

async function settings() {
  const record = await getConnector(steps.ledger, steps.connector);
  if (record === undefined) throw new Error('The connector was applied.');
  return record.settings;
}

function check(name: 'checkTokens' | 'checkRead' | 'checkTagWrite') {
  const activities = createTestConnectionActivities(services);
  return asActivity(() => activities[name]({ connector: steps.connector }));
}

describe('the connection test', () => {
  test('refuses a Secret Server that is too old', async () => {
    const { secretServer } = await settings();
    await steps.configure({ secretServer: { ...secretServer, leastVersion: '99.0' } });
    expect(await check('checkTokens')).toMatchObject({ passed: false, code: 'SecretServerTooOld' });
    await steps.configure({ secretServer });
    expect(await check('checkTokens')).toMatchObject({ passed: true });
  });

  test('refuses a Secret Server that calls itself unhealthy', async () => {
    const { control } = steps.emulators;
    await control.addFault({
      match: { service: 'secretServer', operation: 'health' },
      count: 'unlimited',
      effect: { kind: 'answer', status: 200, body: { healthy: false } },
    });
    expect(await check('checkTokens')).toMatchObject({ passed: false, code: 'SecretServerUnhealthy' });
    await control.removeFaults();
  });

  test('does not touch a secret of the probe’s name that is not ours', async () => {
    const { externalSecretPrefix } = await settings();
    const name = `${externalSecretPrefix}-connection-probe`;
    await secretClient(steps.emulators).setSecret(name, 'of somebody else');
    expect(await check('checkTagWrite')).toMatchObject({ passed: false, code: 'ProbeNameTaken' });
    expect((await secretClient(steps.emulators).getSecret(name)).value).toBe('of somebody else');
  });
});

describe('the way to Secret Server', () => {
  async function versionOf(change: Partial<SecretServerSettings>): Promise<unknown> {
    const { secretServer } = await settings();
    const changed = { ...secretServer, ...change };
    const password = { kind: 'text', text: steps.emulators.ready.secretServer.password } as const;
    return serverVersion(openSecretServer(changed, password, { requestTimeoutMs: 5_000 })).catch(
      (error: unknown) => error,
    );
  }

  test('a refused connection is unreachable', async () => {
    // The discard port of RFC 863, where nothing listens.
    expect(await versionOf({ url: 'https://localhost:9' })).toMatchObject({
      code: 'SecretServerUnreachable',
    });
  });

  test('a certificate of an unknown authority is untrusted', async () => {
    const { secretServer } = await settings();
    const { caFile: _unknownNow, ...without } = secretServer;
    const password = { kind: 'text', text: steps.emulators.ready.secretServer.password } as const;
    const connection = openSecretServer(without, password, { requestTimeoutMs: 5_000 });
    await expect(serverVersion(connection)).rejects.toMatchObject({ code: 'SecretServerUntrusted' });
  });
});

describe('the begin of a cycle', () => {
  const owner = () => ({ workflowId: `sync/${steps.connector}`, runId: randomUUID() });

  test('does not take a run over by a "continued" that somebody typed', async () => {
    const continued = { cycleId: randomUUID(), nextPage: 0, pages: 1 };
    const input = { connector: steps.connector, dryRun: true, continued };
    const begin = createBeginCycleActivities(services).beginCycle({ input, owner: owner() });
    await expect(begin).rejects.toMatchObject({ code: 'CycleLeaseLost' });
  });

  test('asks for a name as soon as there are two connectors', async () => {
    await applyConnector(steps.ledger, { ...(await settings()), displayName: 'second' }, 'test');
    const begin = createBeginCycleActivities(services).beginTargetedCycle({
      input: { secretIds: [1001], dryRun: true },
      owner: owner(),
    });
    await expect(begin).rejects.toMatchObject({
      code: 'ConnectorNotNamed',
      detail: expect.stringContaining('second') as string,
    });
  });
});

test('the report of a cycle that ended early names what it did not reach', async () => {
  const { cycleId, planned } = await steps.planned();
  expect(planned).toBeGreaterThan(30);
  const owner = { workflowId: 'sync/x', runId: randomUUID() };
  const report = await createReportCycleActivities(services).reportCycle({
    cycleId,
    connector: steps.connector,
    owner,
    outcome: 'Cancelled',
  });
  expect(report.counts).toEqual({ 'create.failed': planned });
  expect(report.problemsInAll).toBe(planned);
  expect(report.problems[0]).toMatchObject({ state: 'failed', code: 'NotReached' });
});
