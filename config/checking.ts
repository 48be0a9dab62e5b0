import type { z } from 'zod';
import type { ErrorCode } from '../domain/errors/catalogue';
import type { ConfigDocument } from './documents';
import { memberOf } from './records';
import { pathText, type Problem, type SettingPath } from './problems';
import {
  describeFound,
  describeKey,
  hasSecretForm,
  namesSecret,
  nearestName,
  type Shown,
} from './shown-values';

/** What an error says about one key. */
export interface KeyGuide {
  readonly expected: string;
  readonly example: string;
  readonly shown: Shown;
  /** The allowed texts, for keys that take one of a few. */
  readonly oneOf?: readonly string[];
}

/** Guides by path: `displayName`, `field_map[].ss_field`; `*` stands for any name. */
export type Guides = Readonly<Record<string, KeyGuide>>;

export interface CheckOptions {
  readonly guides: Guides;
  /** Keys that are settled but not built: refused by name, so that nobody believes they work. */
  readonly notYet?: readonly string[];
  /** Rules between keys. They see the file as written, so they speak up beside faults of single keys. */
  readonly rules?: (value: unknown) => readonly RuleFault[];
  /** Paths below which names are free text and say nothing about their values. */
  readonly freeNames?: readonly string[];
}

export type Checked<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/** Checks a parsed file against its closed schema, and every text in it for literal secrets. Reports all problems. */
export function check<T>(document: ConfigDocument, schema: z.ZodType<T>, options: CheckOptions): Checked<T> {
  if (document.problems.length > 0) return { kind: 'invalid', problems: document.problems };
  const literals = literalSecrets(document, document.value, [], options);
  const refused = new Set(literals.map((problem) => pathText(problem.path)));
  const result = schema.safeParse(document.value);
  const issues = result.success ? [] : result.error.issues.flatMap((issue) => faultsOf(issue));
  const faults = [...issues, ...(options.rules?.(document.value) ?? [])];
  const others = faults
    .filter(({ path }) => !refused.has(pathText(safePath(path))))
    .map((fault) => faultProblem(document, fault, options));
  const problems = [...literals, ...others];
  if (result.success && problems.length === 0) return { kind: 'valid', value: result.data };
  return { kind: 'invalid', problems };
}

/** What a schema's own rule adds to its issue; read back by `check`. */
export interface RuleParams {
  readonly code?: ErrorCode;
  readonly expected?: string;
  readonly example?: string;
  readonly found?: string;
}

/** A fault of a rule, with the key that it is reported at. */
export interface RuleFault extends RuleParams {
  readonly path: SettingPath;
}

/** The value at a path of a parsed file. */
export function valueAt(root: unknown, path: SettingPath): unknown {
  return path.reduce<unknown>(memberOf, root);
}

/** Each unknown key is a fault of its own, at its own place. */
function faultsOf(issue: z.core.$ZodIssue): (RuleFault & { readonly unknownKey?: string })[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], unknownKey: key }));
  }
  const params: RuleParams = issue.code === 'custom' ? (issue.params ?? {}) : {};
  return [{ path, ...params }];
}

function faultProblem(
  document: ConfigDocument,
  { path, unknownKey, ...params }: RuleFault & { readonly unknownKey?: string },
  options: CheckOptions,
): Problem {
  const line = document.lineOf(path);
  const words =
    unknownKey === undefined
      ? ruleWords(document, path, params, options)
      : unknownKeyWords(path, unknownKey, options);
  const shownPath = unknownKey === undefined ? path : path.slice(0, -1);
  return { file: document.file, line, path: safePath(shownPath), ...words };
}

type Words = Pick<Problem, 'code' | 'found' | 'expected' | 'example'>;

/** The words of the rule, and for those it leaves out the guide's. */
function ruleWords(
  document: ConfigDocument,
  path: SettingPath,
  params: RuleParams,
  { guides }: CheckOptions,
): Words {
  const guide = guideAt(guides, path);
  const value = valueAt(document.value, path);
  return {
    code: params.code ?? 'ConfigurationInvalid',
    found: params.found ?? describeFound(value, guide?.shown ?? 'never', guide?.oneOf ?? []),
    expected: params.expected ?? guide?.expected ?? 'another form',
    example: params.example ?? guide?.example,
  };
}

function unknownKeyWords(path: SettingPath, key: string, { guides, notYet }: CheckOptions): Words {
  if (notYet?.includes(pathPattern(path)) === true) {
    return { code: 'OptionNotSupportedYet', found: `\`${key}\``, expected: 'no such key in this version' };
  }
  const known = keysBelow(guides, path.slice(0, -1));
  const nearest = nearestName(key, known);
  const expected =
    nearest === undefined ? `one of the keys ${known.join(', ')}` : `the nearest known key, \`${nearest}\``;
  return { code: 'ConfigurationInvalid', found: `the unknown key ${describeKey(key)}`, expected };
}

function literalSecrets(
  document: ConfigDocument,
  value: unknown,
  path: SettingPath,
  options: CheckOptions,
): Problem[] {
  if (typeof value === 'object' && value !== null) {
    const list = Array.isArray(value);
    return Object.entries(value).flatMap(([key, member]) =>
      literalSecrets(document, member, [...path, list ? Number(key) : key], options),
    );
  }
  if (typeof value !== 'string' || value === '') return [];
  const key = path.at(-1);
  const free = options.freeNames?.includes(pathPattern(path.slice(0, -1))) === true;
  const named = typeof key === 'string' && !free && namesSecret(key);
  if (!named && !hasSecretForm(value)) return [];
  return [
    {
      code: 'LiteralSecretRefused',
      file: document.file,
      line: document.lineOf(path),
      path: safePath(path),
      found: 'a literal value',
      expected: 'a reference to a file or an environment variable',
      example: '{"file": "credentials/name.txt"}',
    },
  ];
}

function safePath(path: SettingPath): SettingPath {
  return path.map((part) => (typeof part === 'string' && describeKey(part) !== `\`${part}\`` ? '…' : part));
}

function guideAt(guides: Guides, path: SettingPath): KeyGuide | undefined {
  const pattern = pathPattern(path);
  const parent = pathPattern(path.slice(0, -1));
  return guides[pattern] ?? guides[parent === '' ? '*' : `${parent}.*`];
}

function keysBelow(guides: Guides, parent: SettingPath): string[] {
  const prefix = parent.length === 0 ? '' : `${pathPattern(parent)}.`;
  const names = Object.keys(guides)
    .filter((pattern) => pattern.startsWith(prefix))
    .map((pattern) => pattern.slice(prefix.length).split(/[.[]/)[0] ?? '');
  return [...new Set(names)].filter((name) => name !== '' && name !== '*');
}

function pathPattern(path: SettingPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}
