import { sql } from 'kysely';
import { createPlanActivities } from '../activities/sync/plan';
import { asActivity, startCycleSteps, type CycleSteps } from './support/cycle-steps';
import { callsOf, decisionOf, nameOf, newSecret, setInAzure, syncedSecrets } from './support/cycle-world';

jest.setTimeout(60_000);

let steps: CycleSteps;
let syncedSecret: () => number;

const edit: CycleSteps['emulators']['control']['editSecretServer'] = (change) =>
  steps.emulators.control.editSecretServer(change);

beforeAll(async () => {
  steps = await startCycleSteps();
  syncedSecret = await syncedSecrets(steps, 4);
});
afterAll(async () => await steps.stop());

describe('a targeted plan', () => {
  async function target(...secretIds: readonly number[]) {
    const cycleId = await steps.newCycle('targeted');
    const plans = createPlanActivities(steps.services);
    const request = { cycleId, connector: steps.connector, secretIds, dryRun: false };
    return { cycleId, ...(await asActivity(() => plans.planSecrets(request))) };
  }

  test('reads both sides of the named secrets and lists nothing', async () => {
    const changed = syncedSecret();
    const same = syncedSecret();
    const made = await newSecret(steps);
    await edit({ edit: 'setFields', secretId: changed, fields: { password: 'second' } });
    const calls = await callsOf(steps, async () => {
      const { cycleId, planned } = await target(changed, same, made, changed);
      expect(planned).toBe(2);
      expect(await decisionOf(steps, cycleId, changed)).toMatchObject({ decision: 'push', state: 'planned' });
      expect(await decisionOf(steps, cycleId, made)).toMatchObject({ decision: 'create', state: 'planned' });
      expect(await decisionOf(steps, cycleId, same)).toBeUndefined();
    });
    expect(calls).toEqual({ 'secretServer.summary': 3, 'secretServer.read': 2, 'keyVault.get': 3 });
  });

  test('follows a secret to the template that it has now', async () => {
    const secretId = syncedSecret();
    await sql`update pair set ss_template = 'Its name before' where secret_id = ${secretId}`.execute(
      steps.ledger,
    );
    await edit({ edit: 'setFields', secretId, fields: { password: 'second' } });
    const { cycleId } = await target(secretId);
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({ decision: 'push', state: 'planned' });
  });

  test('refuses secrets that are unknown, deactivated or outside the governed folders, by name', async () => {
    const outside = await newSecret(steps, { folder: '\\Development\\Web' });
    const inactive = await newSecret(steps);
    await edit({ edit: 'deactivate', secretId: inactive });
    const { cycleId, planned } = await target(outside, inactive, 999_999);
    expect(planned).toBe(0);
    expect(await decisionOf(steps, cycleId, outside)).toMatchObject({
      state: 'failed',
      code: 'SecretNotGoverned',
    });
    expect(await decisionOf(steps, cycleId, inactive)).toMatchObject({ state: 'failed' });
    expect(await decisionOf(steps, cycleId, 999_999)).toMatchObject({
      state: 'failed',
      code: 'SecretAccessDenied',
    });
  });

  test('finds a name that is taken without listing the vault', async () => {
    const secretId = await newSecret(steps);
    await setInAzure(steps, nameOf(secretId), 'theirs');
    const { cycleId } = await target(secretId);
    expect(await decisionOf(steps, cycleId, secretId)).toMatchObject({ state: 'held', code: 'NameTaken' });
    await edit({ edit: 'deactivate', secretId });
  });
});
