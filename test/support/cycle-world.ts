import { sql } from 'kysely';
import type { DecisionState } from '../../ledger/decisions';
import { listCases } from '../../ledger/cases';
import { getPairs, type Pair } from '../../ledger/pairs';
import { secretClient } from './azure-clients';
import type { CycleSteps } from './cycle-steps';
import { until } from './until';

export interface DecisionSeen {
  readonly decision: string;
  readonly state: DecisionState;
  readonly row: number;
  readonly code: string | null;
  readonly detail: string | null;
}

/** What the cycle decided for a secret, or undefined when it has no row. */
export async function decisionOf(
  steps: CycleSteps,
  cycleId: string,
  secretId: number,
): Promise<DecisionSeen | undefined> {
  const { rows } = await sql<DecisionSeen>`
    select decision, state, row_number as "row", code, detail from decision
    where cycle_id = ${cycleId} and secret_id = ${secretId}`.execute(steps.ledger);
  return rows[0];
}

/** Codes of the open cases of a secret. */
export async function openCaseCodes(steps: CycleSteps, secretId: number): Promise<readonly string[]> {
  const cases = await listCases(steps.ledger, { open: true, limit: 1_000 });
  return cases.filter((one) => one.secretId === secretId).map(({ code }) => code);
}

/** A new web password below `Production`; its external name is `ss-prod-<id>`. */
export async function newSecret(
  steps: CycleSteps,
  change: { readonly folder?: string; readonly fields?: Readonly<Record<string, string>> } = {},
): Promise<number> {
  const { folder = '\\Production\\Web', fields = {} } = change;
  const { control } = steps.emulators;
  const { folderId } = await control.editSecretServer<{ folderId: number }>({
    edit: 'createFolder',
    path: folder,
  });
  const all = { url: 'https://a.example.com', username: 'admin', password: 'first', ...fields };
  const { secretId } = await control.editSecretServer<{ secretId: number }>({
    edit: 'createSecret',
    folderId,
    template: 'Web Password',
    name: 'web test',
    fields: all,
  });
  return secretId;
}

export function nameOf(secretId: number): string {
  return `ss-prod-${secretId}`;
}

/** A new version from somebody in Azure: a plain SetSecret, which drops all tags. */
export async function setInAzure(steps: CycleSteps, name: string, value: string): Promise<void> {
  await secretClient(steps.emulators).setSecret(name, value);
}

/** Changes tags or the enabled flag of the newest version, as somebody in Azure does it. */
export async function patchInAzure(
  steps: CycleSteps,
  name: string,
  change: {
    readonly tags?: (tags: Record<string, string>) => Record<string, string>;
    readonly enabled?: boolean;
  },
): Promise<void> {
  const client = secretClient(steps.emulators);
  let newest = '';
  for await (const { version, tags } of client.listPropertiesOfSecretVersions(name)) {
    newest = version ?? '';
    const wanted = change.tags === undefined ? {} : { tags: change.tags({ ...tags }) };
    const enabled = change.enabled === undefined ? {} : { enabled: change.enabled };
    await client.updateSecretProperties(name, newest, { ...wanted, ...enabled });
  }
}

/** The calls that work makes, as `service.operation` without those of signing in. */
export async function callsOf(
  steps: CycleSteps,
  work: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const { control } = steps.emulators;
  await control.resetStats();
  await work();
  const { calls } = await control.stats();
  const counts: Record<string, number> = {};
  for (const { service, operation, status, count } of calls) {
    if (service === 'entra' || operation === 'token' || status === 401) continue;
    const name = `${service}.${operation}`;
    counts[name] = (counts[name] ?? 0) + count;
  }
  return counts;
}

/** The calls of a cycle that finds nothing moved. */
export const idleCalls = {
  'keyVault.list': expect.any(Number) as number,
  'secretServer.folders': 1,
  'secretServer.report': 1,
  'secretServer.search': expect.any(Number) as number,
};

/** Cycles until nothing is left to be looked at again, such as a pair whose last change was in this very second. */
export async function quiet(steps: CycleSteps): Promise<void> {
  await until(async () => {
    const { planned, counts } = await steps.planned();
    return planned === 0 && counts['none.done'] === undefined;
  });
}

export async function pairOf(steps: CycleSteps, secretId: number): Promise<Pair> {
  const [pair] = await getPairs(steps.ledger, steps.connector, [secretId]);
  if (pair === undefined) throw new Error(`secret ${secretId} has no pair`);
  return pair;
}

/** Secrets that are pushed in one go; each call takes one that nobody has used yet. */
export async function syncedSecrets(steps: CycleSteps, count: number): Promise<() => number> {
  const pool: number[] = [];
  for (let made = 0; made < count; made += 1) pool.push(await newSecret(steps));
  await steps.completed();
  return () => {
    const secretId = pool.pop();
    if (secretId === undefined) throw new Error('Make a larger pool.');
    return secretId;
  };
}
