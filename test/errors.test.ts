import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { catalogue } from '../domain/errors/catalogue';
import { configurationErrors } from '../domain/errors/configuration';
import { cycleErrors } from '../domain/errors/cycles';
import type { ErrorDefinition } from '../domain/errors/definition';
import { entraErrors } from '../domain/errors/entra';
import { inputErrors } from '../domain/errors/input';
import { keyVaultErrors } from '../domain/errors/key-vault';
import { ledgerErrors } from '../domain/errors/ledger';
import { runtimeErrors } from '../domain/errors/runtime';
import { SsakvError } from '../domain/errors/ssakv-error';
import { secretServerErrors } from '../domain/errors/secret-server';
import { syncErrors } from '../domain/errors/sync';

const root = path.resolve(__dirname, '..');
const areas: readonly Readonly<Record<string, ErrorDefinition>>[] = [
  configurationErrors,
  cycleErrors,
  entraErrors,
  inputErrors,
  keyVaultErrors,
  ledgerErrors,
  runtimeErrors,
  secretServerErrors,
  syncErrors,
];
const entries: readonly [string, ErrorDefinition][] = Object.entries(catalogue);
const codes = entries.map(([code]) => code);

const productFolders = [
  'activities',
  'adapters',
  'client',
  'config',
  'domain',
  'ledger',
  'workers',
  'workflows',
];

function sourcesOf(folder: string): string[] {
  const names = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => path.join(folder, name));
}

function textsOf(files: readonly string[]): string {
  return files.map((file) => readFileSync(path.join(root, file), 'utf8')).join('\n');
}

/** What one entry of docs/errors.md says, by code. */
function documentedErrors(): ReadonlyMap<string, ErrorDefinition> {
  const page = readFileSync(path.join(root, 'docs', 'errors.md'), 'utf8');
  const found = page.matchAll(
    /^### (\w+)\n\n(.+)\n\n- Why: (.+)\n- What to do: (.+)\n- Tried again: (yes|no)$/gm,
  );
  return new Map(
    Array.from(found, ([, code = '', happened = '', cause = '', remedy = '', again]) => [
      code,
      { retryable: again === 'yes', happened, cause, remedy },
    ]),
  );
}

test('docs/errors.md says of every code what the catalogue says', () => {
  expect(Object.fromEntries(documentedErrors())).toEqual(catalogue);
});

test('docs/errors.md has one entry for each code and no other', () => {
  const page = readFileSync(path.join(root, 'docs', 'errors.md'), 'utf8');
  const headings = Array.from(page.matchAll(/^### (.+)$/gm), ([, heading]) => heading);
  expect(new Set(headings)).toEqual(new Set(codes));
  expect(headings).toHaveLength(codes.length);
});

test('codes are PascalCase and stand in one area each', () => {
  const inAreas = areas.flatMap((area) => Object.keys(area));
  expect(inAreas.filter((code) => !/^([A-Z][a-z0-9]+)+$/.test(code))).toEqual([]);
  expect(new Set(inAreas)).toEqual(new Set(codes));
  expect(inAreas).toHaveLength(codes.length);
});

test.each(entries)('%s is told in full sentences without placeholders', (_code, definition) => {
  for (const text of [definition.happened, definition.cause, definition.remedy]) {
    expect(text).toMatch(/^([A-Z`]|ssakv ).*\.$/s);
    // `<prefix>-connection-probe` in backquotes names a form; anything else would be a text nobody filled in.
    expect(text.replaceAll(/`[^`]*`/g, 'form')).not.toMatch(/[<>%]|\$\{|\{\d|\bTODO\b|\s{2}/);
  }
});

test('every code is raised somewhere in the product', () => {
  const files = productFolders.flatMap(sourcesOf).filter((file) => {
    const isCatalogue = file.startsWith(path.join('domain', 'errors')) && !file.endsWith('ssakv-error.ts');
    return !isCatalogue;
  });
  const product = textsOf(files);
  expect(codes.filter((code) => !product.includes(`'${code}'`))).toEqual([]);
});

test('every code is named by a test', () => {
  const files = sourcesOf('test').filter((file) => file !== path.join('test', path.basename(__filename)));
  const named = new Set(textsOf(files).match(/\b[A-Z]\w+\b/g));
  expect(codes.filter((code) => !named.has(code))).toEqual([]);
});

test('a list in the detail has lines of its own, without stray spaces around it', () => {
  const { message } = new SsakvError('ConfigurationInvalid', { detail: '\n  - one\n  - two\n' });
  expect(message).toMatch(/refused\.\n  - one\n  - two\nAt least/);
});
