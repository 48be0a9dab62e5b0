import { randomUUID } from 'node:crypto';
import { CancelledFailure } from '@temporalio/common';
import { createPlanActivities } from '../activities/sync/plan';
import { secretClient } from './support/azure-clients';
import { activityEnvironment, asActivity, startCycleSteps, type CycleSteps } from './support/cycle-steps';
import {
  callsOf,
  decisionOf,
  idleCalls,
  nameOf,
  newSecret,
  openCaseCodes,
  setInAzure,
  syncedSecrets,
} from './support/cycle-world';

import { until } from './support/until';

jest.setTimeout(60_000);

let steps: CycleSteps;
let syncedSecret: () => number;

const edit: CycleSteps['emulators']['control']['editSecretServer'] = (change) =>
  steps.emulators.control.editSecretServer(change);

beforeAll(async () => {
  steps = await startCycleSteps();
  syncedSecret = await syncedSecrets(steps, 8);
});
afterAll(async () => await steps.stop());

describe('a cycle in which nothing moved', () => {
  test('makes LIST calls only, reads no value and plans nothing', async () => {
    await steps.completed();
    const calls = await callsOf(steps, async () => {
      expect(await steps.planned()).toMatchObject({ planned: 0, pages: 0, counts: {} });
    });
    expect(calls).toEqual(idleCalls);
  });

  test('reads both sides of every pair when deltaSync is off, and still plans nothing', async () => {
    await steps.configure({ deltaSync: false });
    const calls = await callsOf(steps, async () =>
      expect(await steps.planned()).toMatchObject({ planned: 0 }),
    );
    await steps.configure({ deltaSync: true });
    expect(calls['secretServer.read']).toBeGreaterThan(38);
    expect(calls['keyVault.get']).toBe(calls['secretServer.read']);
  });
});

describe('a cycle with tagRefresh: always', () => {
  test('plans the tags of every pair anew and reads no value for it', async () => {
    await steps.configure({ tagRefresh: 'always' });
    const calls = await callsOf(steps, async () => {
      const { counts } = await steps.planned(true);
      expect(Object.keys(counts)).toEqual(['repairTags.planned']);
      expect(counts['repairTags.planned']).toBeGreaterThan(38);
    });
    await steps.configure({ tagRefresh: 'drift' });
    expect(calls).toEqual(idleCalls);
    await steps.planned();
  });
});

describe('a secret that Key Vault does not have', () => {
  test('is decided from the listings alone, without reading a value on either side', async () => {
    const secretId = await newSecret(steps);
    const calls = await callsOf(steps, async () => {
      const { cycleId, counts } = await steps.planned();
      expect(counts).toEqual({ 'create.planned': 1 });
      expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({
        decision: 'create',
        state: 'planned',
        row: 1,
      });
    });
    // The guard asks once for the one new name.
    expect(calls).toEqual({ ...idleCalls, 'keyVault.getDeleted': 1 });
    await steps.completed();
  });

  test('is held with a case when a live secret of that name is not ours, whatever the case of its letters', async () => {
    const secretId = await newSecret(steps);
    await setInAzure(steps, nameOf(secretId).toUpperCase(), '{"a":1}');
    const calls = await callsOf(steps, async () => {
      const { cycleId } = await steps.planned();
      expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({
        state: 'held',
        row: 13,
        code: 'NameTaken',
      });
    });
    expect(calls).toEqual(idleCalls);
    expect(await openCaseCodes(steps, secretId)).toEqual(['NameTaken']);
    await edit({ edit: 'deactivate', secretId });
  });

  test('is not taken for ours by copied tags', async () => {
    const owner = syncedSecret();
    const secretId = await newSecret(steps);
    const { properties } = await secretClient(steps.emulators).getSecret(nameOf(owner));
    await secretClient(steps.emulators).setSecret(nameOf(secretId), '{}', { tags: properties.tags ?? {} });
    const { cycleId } = await steps.planned();
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({ state: 'held', code: 'NameTaken' });
    await edit({ edit: 'deactivate', secretId });
  });
});

describe('an edit in Secret Server', () => {
  test('is planned as a push after one read in Secret Server and none in Key Vault', async () => {
    const secretId = syncedSecret();
    await edit({ edit: 'setFields', secretId, fields: { password: 'second' } });
    const calls = await callsOf(steps, async () => {
      const { cycleId } = await steps.planned();
      expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({
        decision: 'push',
        state: 'planned',
        row: 3,
      });
    });
    expect(calls).toEqual({ ...idleCalls, 'secretServer.read': 1 });
    await steps.completed();
    expect((await secretClient(steps.emulators).getSecret(nameOf(secretId))).value).toContain('second');
  });

  test('of an unmapped field is read once, and neither planned nor read again', async () => {
    const secretId = syncedSecret();
    await edit({ edit: 'setFields', secretId, fields: { notes: 'private' } });
    expect(await steps.planned()).toMatchObject({ planned: 0, counts: { 'none.done': 1 } });
    expect(await callsOf(steps, () => steps.planned())).toEqual(idleCalls);
  });

  test('that is a failed password change is read once, and neither planned nor read again', async () => {
    const secretId = syncedSecret();
    await edit({ edit: 'configurePasswordChanges', delayMs: null });
    await edit({ edit: 'startPasswordChange', secretId, newPassword: 'never set' });
    await edit({ edit: 'finishPasswordChange', secretId, succeeded: false });
    expect(await steps.planned()).toMatchObject({ planned: 0, counts: { 'none.done': 1 } });
    expect(await callsOf(steps, () => steps.planned())).toEqual(idleCalls);
  });

  test('is looked at in full again after a dry run, which also opens no case', async () => {
    const unmapped = syncedSecret();
    await edit({ edit: 'setFields', secretId: unmapped, fields: { notes: 'private' } });
    const taken = await newSecret(steps);
    await setInAzure(steps, nameOf(taken), 'theirs');
    for (let run = 0; run < 2; run += 1) {
      const { cycleId, counts } = await steps.planned(true);
      expect(counts['none.done']).toBe(1);
      expect(await decisionOf(steps, cycleId, taken)).toMatchObject({ state: 'held', code: 'NameTaken' });
    }
    expect(await openCaseCodes(steps, taken)).toEqual([]);
    await edit({ edit: 'deactivate', secretId: taken });
    await steps.planned();
  });

  test('stays noted when a dry run planned it', async () => {
    const secretId = syncedSecret();
    await edit({ edit: 'setFields', secretId, fields: { password: 'second' } });
    expect(await steps.planned(true)).toMatchObject({ planned: 1 });
    expect(await steps.completed()).toMatchObject({ planned: 1 });
  });

  test('to a folder outside is reported and nothing is written', async () => {
    const secretId = syncedSecret();
    const { folderId } = await edit<{ folderId: number }>({ edit: 'createFolder', path: '\\Elsewhere' });
    await edit({ edit: 'move', secretId, folderId });
    const { cycleId } = await steps.completed();
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({
      state: 'reported',
      row: 10,
      code: 'RowNotYetSupported',
    });
  });

  test('to another governed folder repairs the folder tag without a new version', async () => {
    const secretId = syncedSecret();
    const { folderId } = await edit<{ folderId: number }>({
      edit: 'createFolder',
      path: '\\Production\\Moved',
    });
    await edit({ edit: 'move', secretId, folderId });
    const { cycleId } = await steps.completed();
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({
      decision: 'repairTags',
      state: 'done',
    });
    const { properties } = await secretClient(steps.emulators).getSecret(nameOf(secretId));
    expect(properties.tags).toMatchObject({ 'ss-folder-path': 'Production/Moved', 'ss-sync-version': '1' });
  });
});

describe('a plan', () => {
  test('is not made from scans that another attempt has overtaken', async () => {
    const cycleId = await steps.newCycle('full');
    const scans = await steps.scan(cycleId);
    await steps.scan(cycleId);
    await expect(steps.plan(cycleId, scans)).rejects.toMatchObject({ code: 'ScanSuperseded' });
  });

  test('stops when the cycle is cancelled, and the next attempt goes on', async () => {
    const secretId = await newSecret(steps);
    const cycleId = await steps.newCycle('full');
    const generations = await steps.scan(cycleId);
    const environment = activityEnvironment();
    environment.cancel();
    const plans = createPlanActivities(steps.services);
    const request = { cycleId, connector: steps.connector, dryRun: false, ...generations };
    await expect(asActivity(() => plans.planCycle(request), environment)).rejects.toThrow(CancelledFailure);
    const plan = await asActivity(() => plans.planCycle(request));
    expect(plan.planned).toBeGreaterThan(0);
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({ decision: 'create' });
    await steps.apply(cycleId, plan.pages);
  });

  test('is cancelled between secrets and begins no further read', async () => {
    await steps.configure({ deltaSync: false });
    const cycleId = await steps.newCycle('full');
    const generations = await steps.scan(cycleId);
    const { control } = steps.emulators;
    const match = { service: 'keyVault' as const, operation: 'get' };
    await control.addFault({ match, count: 'unlimited', effect: { kind: 'hold' } });
    await control.resetStats();
    const environment = activityEnvironment();
    const plans = createPlanActivities(steps.services);
    const request = { cycleId, connector: steps.connector, dryRun: false, ...generations };
    const planning = expect(asActivity(() => plans.planCycle(request), environment)).rejects.toThrow(
      CancelledFailure,
    );
    await until(async () => (await control.faults()).some((fault) => fault.held === 8));
    environment.cancel();
    await control.removeFaults();
    await planning;
    expect(await control.count('keyVault', 'get')).toBe(8);
    await steps.configure({ deltaSync: true });
  });

  test('of an unknown cycle fails by name', async () => {
    const plans = createPlanActivities(steps.services);
    const request = { cycleId: randomUUID(), connector: steps.connector, secretIds: [1], dryRun: false };
    await expect(asActivity(() => plans.planSecrets(request))).rejects.toMatchObject({
      code: 'CycleUnknown',
    });
  });
});
