import { findNodeAtLocation, getNodeValue, parseTree, type Node, type ParseError } from 'jsonc-parser';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Node as YamlNode } from 'yaml';
import type { Problem, SettingPath } from './problems';

/** A parsed file that still knows on which line each member stands. */
export interface ConfigDocument {
  readonly file: string;
  readonly value: unknown;
  /** Faults of the text itself: syntax, duplicate keys. With any of them `value` is not to be trusted. */
  readonly problems: readonly Problem[];
  lineOf(path: SettingPath): number | undefined;
}

/** The text of one file and the name it is called by in errors. */
export interface ConfigSource {
  readonly file: string;
  readonly text: string;
}

/** Deeper than any file of ours by far; the parsers and checks below recurse. */
const maximumDepth = 32;

/** Parses JSON with `//` and block comments and trailing commas. Never throws. */
export function parseJsonc(source: ConfigSource): ConfigDocument {
  return guarded(source, 'JSON with // comments', () => readJsonc(source));
}

/** Parses one YAML 1.2 document; anchors and aliases are allowed within limits. Never throws. */
export function parseYaml(source: ConfigSource): ConfigDocument {
  return guarded(source, 'YAML with few aliases', () => readYaml(source));
}

/** The parsers recurse and so overflow the stack on absurd nesting; YAML's also throws on alias bombs. */
function guarded(source: ConfigSource, format: string, read: () => ConfigDocument): ConfigDocument {
  const refused = (found: string): ConfigDocument => ({
    file: source.file,
    value: undefined,
    problems: [{ code: 'ConfigurationInvalid', file: source.file, path: [], found, expected: format }],
    lineOf: () => undefined,
  });
  try {
    const document = read();
    return isDeeperThan(document.value, maximumDepth) ? refused('too many levels of nesting') : document;
  } catch {
    return refused('a text that cannot be parsed');
  }
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(member, levels - 1));
}

function readJsonc({ file, text }: ConfigSource): ConfigDocument {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length;
  const faults = errors.map((error) =>
    syntaxProblem(
      file,
      lineAt(error.offset),
      'JSON with // comments',
      '{ "displayName": "akv-prod-eastus" }',
    ),
  );
  const duplicates = tree === undefined ? [] : duplicateProperties(tree, []);
  return {
    file,
    value: tree === undefined ? undefined : getNodeValue(tree),
    problems: [
      ...faults.slice(0, 1),
      ...duplicates.map(({ path, offset }) => duplicateProblem(file, lineAt(offset), path)),
    ],
    lineOf: (path) => {
      const node = nearestNode(path, (part) => tree && findNodeAtLocation(tree, [...part]));
      return node === undefined
        ? undefined
        : lineAt(node.parent?.type === 'property' ? node.parent.offset : node.offset);
    },
  };
}

function readYaml({ file, text }: ConfigSource): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'error',
  });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const content = document.contents as YamlNode | null;
  const faults = [...document.errors, ...document.warnings].map((error) =>
    syntaxProblem(file, lineAt(error.pos[0]), 'YAML', 'key: value'),
  );
  return {
    file,
    value: faults.length > 0 ? undefined : (document.toJS({ maxAliasCount: 50 }) as unknown),
    problems: [
      ...faults.slice(0, 1),
      ...duplicateKeys(content, []).map(({ path, offset }) => duplicateProblem(file, lineAt(offset), path)),
    ],
    lineOf: (path) => {
      const offset = nearestNode(path, (part) => yamlOffset(content, part));
      return offset === undefined ? undefined : lineAt(offset);
    },
  };
}

/** The member itself, or the nearest one around it when it is missing. */
function nearestNode<T>(path: SettingPath, find: (path: SettingPath) => T | undefined): T | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const found = find(path.slice(0, length));
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Duplicate {
  readonly path: SettingPath;
  readonly offset: number;
}

function duplicateProperties(node: Node, path: SettingPath): Duplicate[] {
  const found: Duplicate[] = [];
  const seen = new Set<string>();
  for (const [index, child] of (node.children ?? []).entries()) {
    if (child.type !== 'property') {
      found.push(...duplicateProperties(child, [...path, index]));
      continue;
    }
    const [name, value] = child.children ?? [];
    const key = String(name?.value);
    if (seen.has(key)) found.push({ path: [...path, key], offset: child.offset });
    seen.add(key);
    if (value !== undefined) found.push(...duplicateProperties(value, [...path, key]));
  }
  return found;
}

function duplicateKeys(node: unknown, path: SettingPath): Duplicate[] {
  if (isSeq(node)) return node.items.flatMap((item, index) => duplicateKeys(item, [...path, index]));
  if (!isMap(node)) return [];
  const seen = new Set<string>();
  return node.items.flatMap((pair) => {
    const key = isScalar(pair.key) ? String(pair.key.value) : '?';
    const offset = isScalar(pair.key) ? pair.key.range?.[0] : undefined;
    const again = seen.has(key) ? [{ path: [...path, key], offset: offset ?? 0 }] : [];
    seen.add(key);
    return [...again, ...duplicateKeys(pair.value, [...path, key])];
  });
}

/** Where the key stands for a member of a map, where the item stands for one of a list. */
function yamlOffset(root: YamlNode | null, path: SettingPath): number | undefined {
  let node: unknown = root;
  let offset = root?.range?.[0];
  for (const part of path) {
    if (isSeq(node) && typeof part === 'number') {
      node = node.items[part];
      offset = isNode(node) ? node.range?.[0] : undefined;
    } else if (isMap(node)) {
      const pair = node.items.find((each) => isScalar(each.key) && String(each.key.value) === String(part));
      node = pair?.value;
      offset = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
    } else return undefined;
    if (offset === undefined) return undefined;
  }
  return offset;
}

/** The libraries' own messages quote the text around the fault, which may be a credential. */
function syntaxProblem(file: string, line: number, format: string, example: string): Problem {
  return {
    code: 'ConfigurationInvalid',
    file,
    line,
    path: [],
    found: 'a syntax error',
    expected: format,
    example,
  };
}

function duplicateProblem(file: string, line: number, path: SettingPath): Problem {
  const code = path.at(-1) === 'conflict_resolution' ? 'TwoConflictBlocks' : 'ConfigurationInvalid';
  return { code, file, line, path, found: 'the same key a second time', expected: 'each key once' };
}
