import { createsPer10sLimit, listPageSizeLimit, requestsPer10sLimit } from '../domain/limits';
import { parse } from 'ini';
import type { EffectiveLimit, ThrottleSettings } from '../domain/connectors';
import type { Checked } from './checking';
import type { ConfigSource } from './documents';
import type { Problem } from './problems';
import { describeFound, describeKey, hasSecretForm, namesSecret, nearestName } from './shown-values';

/** Highest rates of the service. Source: Azure docs, "Key Vault service limits". */
const serviceLimits = {
  /** Transactions other than creates, per vault and 10 s. */
  requestsPer10s: requestsPer10sLimit,
  /** New secrets and versions, per vault and 10 s: a batch is that many writes at once. */
  createsPer10s: createsPer10sLimit,
  /** `maxresults` of the LIST operations. */
  pageSize: listPageSizeLimit,
} as const;

interface NumberKey {
  readonly section: string;
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
}

const numberKeys = {
  max_requests_per_10s: { section: 'azure_key_vault', default: 2000, minimum: 1, maximum: 1_000_000 },
  burst_capacity: { section: 'azure_key_vault', default: 500, minimum: 1, maximum: 1_000_000 },
  retry_max_attempts: { section: 'azure_key_vault', default: 5, minimum: 1, maximum: 100 },
  retry_base_delay_ms: { section: 'azure_key_vault', default: 1000, minimum: 1, maximum: 60_000 },
  external_secrets_per_batch: { section: 'sync_batching', default: 25, minimum: 1, maximum: 1_000_000 },
  batch_interval_ms: { section: 'sync_batching', default: 400, minimum: 0, maximum: 60_000 },
  parallel_template_workers: { section: 'sync_batching', default: 4, minimum: 1, maximum: 64 },
  delta_page_size: { section: 'sync_batching', default: 25, minimum: 1, maximum: 1_000_000 },
} as const satisfies Record<string, NumberKey>;

type NumberName = keyof typeof numberKeys;
const isNumberName = (key: string): key is NumberName => Object.hasOwn(numberKeys, key);
const policies = ['exponential', 'fixed'] as const;
type Policy = (typeof policies)[number];

const sectionOf: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(numberKeys).map(([key, { section }]) => [key, section])),
  retry_policy: 'azure_key_vault',
};
const sections = ['azure_key_vault', 'sync_batching'];

interface Entry {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** Reads akv-throttle.ini. Every key has a default; the stricter of file and service limit wins and is named. */
export function readThrottleFile(source: ConfigSource): Checked<ThrottleSettings> {
  const problems: Problem[] = [];
  const numbers = new Map<NumberName, number>();
  let policy: Policy = 'exponential';
  const seen = new Set<string>();
  for (const entry of readEntries(source, problems)) {
    if (seen.has(entry.key))
      problems.push(problemAt(source, entry, 'the same key a second time', 'each key once'));
    seen.add(entry.key);
    if (entry.key === 'retry_policy') {
      const known = policies.find((each) => each === entry.value);
      if (known === undefined) problems.push(policyProblem(source, entry));
      else policy = known;
    } else if (isNumberName(entry.key)) {
      const number = /^\d{1,9}$/.test(entry.value) ? Number(entry.value) : Number.NaN;
      const { minimum, maximum } = numberKeys[entry.key];
      if (number >= minimum && number <= maximum) numbers.set(entry.key, number);
      else problems.push(numberProblem(source, entry, numberKeys[entry.key]));
    }
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  return { kind: 'valid', value: effectiveSettings(numbers, policy) };
}

/** The library reads one line at a time, because it does not tell lines and lets a second key win silently. */
function readEntries(source: ConfigSource, problems: Problem[]): Entry[] {
  const entries: Entry[] = [];
  let section = '';
  for (const [index, line] of source.text.split(/\r?\n/).entries()) {
    if (/^\s*([;#].*)?$/.test(line)) continue;
    const place = { section, key: '', value: '', line: index + 1 };
    const [[name, content] = ['', undefined]] = Object.entries<unknown>(parse(line));
    if (!/^\s*\[|=/.test(line)) {
      problems.push(problemAt(source, place, 'a line without =', 'key = value'));
    } else if (typeof content === 'object' && content !== null && !Array.isArray(content)) {
      section = name;
      const known = sections.includes(name) && Object.keys(content).length === 0;
      if (!known) problems.push(unknownSection(source, { ...place, section: '' }, name));
    } else if (!sections.includes(section)) {
      if (section === '')
        problems.push(problemAt(source, place, 'a line outside a section', '[azure_key_vault]'));
    } else if (sectionOf[name] !== section || Array.isArray(content)) {
      problems.push(unknownKey(source, place, name, String(content)));
    } else {
      const value = String(content).replace(/^(["'])(.*)\1$/, '$2');
      entries.push({ ...place, key: name, value });
    }
  }
  return entries;
}

function effectiveSettings(numbers: ReadonlyMap<NumberName, number>, retryPolicy: Policy): ThrottleSettings {
  const plain = (name: NumberName): number => numbers.get(name) ?? numberKeys[name].default;
  const limited = (name: NumberName, limit: number): EffectiveLimit => {
    const value = plain(name);
    if (value > limit) return { value: limit, source: 'service limit' };
    return { value, source: numbers.has(name) ? 'file' : 'default' };
  };
  const maxRequestsPer10s = limited('max_requests_per_10s', serviceLimits.requestsPer10s);
  const burst = limited('burst_capacity', serviceLimits.requestsPer10s);
  return {
    maxRequestsPer10s,
    // One second cannot spend more than the ten seconds around it may.
    burstCapacity: burst.value > maxRequestsPer10s.value ? maxRequestsPer10s : burst,
    retryPolicy,
    retryMaxAttempts: plain('retry_max_attempts'),
    retryBaseDelayMs: plain('retry_base_delay_ms'),
    externalSecretsPerBatch: limited('external_secrets_per_batch', serviceLimits.createsPer10s),
    batchIntervalMs: plain('batch_interval_ms'),
    parallelTemplateWorkers: plain('parallel_template_workers'),
    deltaPageSize: limited('delta_page_size', serviceLimits.pageSize),
  };
}

function problemAt(
  source: ConfigSource,
  entry: Entry,
  found: string,
  expected: string,
  example?: string,
): Problem {
  const path = [entry.section, entry.key].filter((part) => part !== '');
  return {
    code: 'ConfigurationInvalid',
    file: source.file,
    line: entry.line,
    path,
    found,
    expected,
    example,
  };
}

function numberProblem(source: ConfigSource, entry: Entry, key: NumberKey): Problem {
  const found = /^-?[\d.]{1,20}$/.test(entry.value) ? entry.value : describeFound(entry.value, 'never');
  const expected = `a whole number from ${key.minimum} to ${key.maximum}`;
  return problemAt(source, entry, found, expected, `${entry.key} = ${key.default}`);
}

function policyProblem(source: ConfigSource, entry: Entry): Problem {
  const found = describeFound(entry.value, 'nearMiss', policies);
  return problemAt(source, entry, found, `one of ${policies.join(', ')}`, 'retry_policy = "exponential"');
}

function unknownSection(source: ConfigSource, entry: Entry, name: string): Problem {
  const found = `the unknown section ${describeKey(name)}`;
  return problemAt(source, entry, found, sections.map((each) => `[${each}]`).join(' or '));
}

function unknownKey(source: ConfigSource, entry: Entry, key: string, value: string): Problem {
  if (namesSecret(key) || hasSecretForm(value) || hasSecretForm(key)) {
    const refused = problemAt(source, entry, 'a literal value', 'no credential in this file');
    return { ...refused, code: 'LiteralSecretRefused' };
  }
  const home = sectionOf[key];
  if (home !== undefined) {
    return problemAt(source, entry, `the key \`${key}\` in another section`, `\`${key}\` under [${home}]`);
  }
  const known = Object.keys(sectionOf).filter((each) => sectionOf[each] === entry.section);
  const nearest = nearestName(key, Object.keys(sectionOf));
  const expected =
    nearest === undefined ? `one of ${known.join(', ')}` : `the nearest known key, \`${nearest}\``;
  return problemAt(source, entry, `the unknown key ${describeKey(key)}`, expected);
}
