import { z } from 'zod';
import type { ContinuedCycle } from '../domain/cycles';
import { SsakvError } from '../domain/errors/ssakv-error';
import { displayNamePattern } from './connector-schema';
import { pathText } from './problems';
import { memberOf } from './records';
import { describeFound, describeKey, nearestName } from './shown-values';

/** Input of `testConnection` and `activateConnector`. Without `connector` the only one there is. */
export interface ConnectorInput {
  readonly connector?: string | undefined;
}

/** Input of `syncCycle`. */
export interface SyncCycleInput extends ConnectorInput {
  /** Plan and report only; nothing is written. */
  readonly dryRun: boolean;
  /** Where a cycle that continues as new goes on; the workflow sets it itself. */
  readonly continued?: ContinuedCycle | undefined;
}

/** Input of `syncSecrets`. */
export interface SyncSecretsInput extends ConnectorInput {
  /** Plan and report only; nothing is written. */
  readonly dryRun: boolean;
  /** Ids in Secret Server, each once. */
  readonly secretIds: readonly number[];
}

const maximumSecretIds = 1000;
const connector = z.string().regex(displayNamePattern).optional();
const dryRun = z.boolean().default(false);
const secretId = z.number().int().min(1).max(2_147_483_647);

const connectorInput = z.strictObject({ connector });
const page = z.number().int().min(0);
const continued = z.strictObject({ cycleId: z.uuid(), nextPage: page, pages: page }).optional();
const syncCycleInput = z.strictObject({ connector, dryRun, continued });
const syncSecretsInput = z.strictObject({
  connector,
  dryRun,
  secretIds: z
    .array(secretId)
    .min(1)
    .max(maximumSecretIds)
    .transform((ids) => [...new Set(ids)]),
});

const expectedOf: Readonly<Record<string, string>> = {
  connector: 'the displayName of a connector (letters, digits and dashes)',
  dryRun: 'true or false',
  continued: 'nothing: only the workflow itself sets it',
  secretIds: `a list of 1 to ${maximumSecretIds} ids of secrets in Secret Server`,
};

const connectorExample = '{"connector": "akv-prod-eastus"}';
const syncCycleExample = '{"connector": "akv-prod-eastus", "dryRun": true}';
const syncSecretsExample = '{"connector": "akv-prod-eastus", "secretIds": [4821, 4822], "dryRun": false}';

/** Reads the input of `testConnection`; nothing, `null` and `{}` mean the only connector. Throws InvalidInput. */
export function parseTestConnectionInput(raw: unknown): ConnectorInput {
  return parseInput('testConnection', connectorInput, raw, connectorExample);
}

/** Reads the input of `activateConnector`. Throws InvalidInput. */
export function parseActivateConnectorInput(raw: unknown): ConnectorInput {
  return parseInput('activateConnector', connectorInput, raw, connectorExample);
}

/** Reads the input of `syncCycle`. Throws InvalidInput. */
export function parseSyncCycleInput(raw: unknown): SyncCycleInput {
  return parseInput('syncCycle', syncCycleInput, raw, syncCycleExample);
}

/** Reads the input of `syncSecrets`, which must name secrets. Throws InvalidInput. */
export function parseSyncSecretsInput(raw: unknown): SyncSecretsInput {
  return parseInput('syncSecrets', syncSecretsInput, raw, syncSecretsExample);
}

/** The Temporal Web UI checks only that the input is JSON, so the first step checks the rest and says it readably. */
function parseInput<T>(
  workflow: string,
  schema: z.ZodObject & z.ZodType<T>,
  raw: unknown,
  example: string,
): T {
  const input = raw ?? {};
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const known = Object.keys(schema.shape);
  const faults = result.error.issues.flatMap((issue) => describeIssue(issue, input, known));
  throw new SsakvError('InvalidInput', {
    detail: `${faults.join(' ')} Example for ${workflow}: ${example}.`,
  });
}

function describeIssue(issue: z.core.$ZodIssue, input: unknown, known: readonly string[]): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const nearest = nearestName(key, known);
      const hint = nearest === undefined ? `one of ${known.join(', ')}` : `the field \`${nearest}\``;
      return `Field ${describeKey(key)}: found an unknown field; expected ${hint}.`;
    });
  }
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const [field] = path;
  if (field === undefined)
    return [`Found ${describeFound(input, 'never')} as the input; expected one JSON object.`];
  const found = path.reduce<unknown>(memberOf, input);
  const expected =
    typeof path[1] === 'number' ? 'the id of a secret, a whole number from 1' : expectedOf[String(field)];
  return [`Field \`${pathText(path)}\`: found ${describeFound(found, 'name')}; expected ${expected}.`];
}
