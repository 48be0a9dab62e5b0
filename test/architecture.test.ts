import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const repository = path.resolve(__dirname, '..');
const longestFileLines = 320;

/** What each folder may import beside itself. Imports point one way; see docs/architecture.md. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  // Workflow code names the signatures of its activities; nothing of them may be loaded into the sandbox.
  workflows: ['domain', 'activities (types)'],
  config: ['domain'],
  adapters: ['config', 'domain'],
  ledger: ['config', 'domain'],
  activities: ['adapters', 'ledger', 'config', 'domain'],
  workers: ['activities', 'adapters', 'ledger', 'config', 'domain', 'workflows (types)'],
  client: ['workers', 'adapters', 'ledger', 'config', 'domain', 'workflows (types)'],
  emulators: [],
};

/** Packages with side effects or weight that a folder must not load. */
const forbiddenPackages: Readonly<Record<string, RegExp>> = {
  domain: /^(?!node:crypto$|@temporalio\/common$)(node:|[@a-z])/,
  workflows: /^(node:|zod|pg|kysely|@azure\/|pino|@temporalio\/(worker|client|activity)$)/,
  activities: /^(pg$|@temporalio\/worker$)/,
  config: /^(pg|kysely|@azure\/|@temporalio\/)/,
  emulators: /^@(azure|temporalio)\//,
};

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

function sourceFiles(root: string, folder: string): string[] {
  const names = readdirSync(path.join(root, folder), { recursive: true }) as string[];
  return names.filter((name) => name.endsWith('.ts')).map((name) => path.join(folder, name));
}

function importsOf(root: string, file: string): Import[] {
  const text = readFileSync(path.join(root, file), 'utf8').replaceAll(/^\s*(\/\/|\*).*$/gm, '');
  const statements = text.matchAll(
    /^\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm,
  );
  const calls = text.matchAll(/\b(?:import|require)\(\s*['"]([^'"]+)['"]\s*\)/g);
  return [
    ...[...statements].map((match) => ({
      file,
      specifier: match[2] ?? '',
      typeOnly: match[1] !== undefined,
    })),
    ...[...calls].map((match) => ({ file, specifier: match[1] ?? '', typeOnly: false })),
  ];
}

function folderOf(file: string): string {
  return file.split(path.sep)[0] ?? '';
}

function isAllowed(root: string, { file, specifier, typeOnly }: Import): boolean {
  const from = folderOf(file);
  if (specifier.endsWith('/package.json')) return true;
  if (!specifier.startsWith('.')) return typeOnly || !forbiddenPackages[from]?.test(specifier);
  const to = folderOf(path.relative(root, path.resolve(root, path.dirname(file), specifier)));
  const allowed = arrows[from] ?? [];
  return to === from || allowed.includes(to) || (typeOnly && allowed.includes(`${to} (types)`));
}

function forbiddenImports(root: string, folders: readonly string[]): string[] {
  const imports = folders
    .flatMap((folder) => sourceFiles(root, folder))
    .flatMap((file) => importsOf(root, file));
  return imports
    .filter((found) => !isAllowed(root, found))
    .map(({ file, specifier }) => `${file} → ${specifier}`);
}

test('imports follow the arrows', () => {
  expect(forbiddenImports(repository, Object.keys(arrows))).toEqual([]);
});

test('files stay short enough to be read in one go', () => {
  const files = Object.keys(arrows).flatMap((folder) => sourceFiles(repository, folder));
  const lines = (file: string) => readFileSync(path.join(repository, file), 'utf8').split('\n').length;
  expect(files.filter((file) => lines(file) > longestFileLines)).toEqual([]);
});

test.each([
  ['domain/a.ts', "import { x } from '../ledger/database';"],
  ['domain/a.ts', "import { readFileSync } from 'node:fs';"],
  ['workflows/a.ts', "import { x } from '../activities/services';"],
  ['workflows/a.ts', "import { z } from 'zod';"],
  ['adapters/deep/a.ts', "export { x } from '../../ledger/database';"],
  ['activities/a.ts', "const x = require('../client/schedules');"],
  ['workers/a.ts', "import { syncCycle } from '../workflows';"],
  ['client/a.ts', "import { demo } from '../emulators/demo-world/world';"],
  ['emulators/a.ts', "import {\n  SsakvError,\n} from '../domain/errors/ssakv-error';"],
  ['ledger/a.ts', "import '../adapters/credentials';"],
])('a planted import against the arrows is found: %s %s', (file, text) => {
  const root = mkdtempSync(path.join(tmpdir(), 'ssakv-arrows-'));
  mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
  expect(forbiddenImports(root, [folderOf(file)])).toHaveLength(1);
  rmSync(root, { recursive: true });
});
