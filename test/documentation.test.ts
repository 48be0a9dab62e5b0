import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { exitCodeHelp, exitCodes } from '../client/cli/exit-codes';
import { buildProgram } from '../client/cli/program';
import { openActivityMetrics } from '../workers/telemetry/activity-metrics';
import {
  parseActivateConnectorInput,
  parseSyncCycleInput,
  parseSyncSecretsInput,
  parseTestConnectionInput,
} from '../config/workflow-inputs';
import packageJson from '../package.json';

const root = path.resolve(__dirname, '..');

interface Page {
  readonly file: string;
  readonly text: string;
}

const pages: readonly Page[] = ['.', 'docs', 'docs/decisions', 'deploy', 'examples']
  .flatMap((folder) => readdirSync(path.join(root, folder)).map((name) => path.join(folder, name)))
  .filter((file) => file.endsWith('.md'))
  .map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }));

interface Block {
  readonly language: string;
  readonly tag: string;
  readonly text: string;
}

/** Fenced blocks, also those inside lists. */
function blocksOf({ text }: Page): Block[] {
  const found = text.matchAll(/^ *```(\w*)[ \t]*(\S*)\n([\s\S]*?)^ *```$/gm);
  return Array.from(found, ([, language = '', tag = '', body = '']) => ({ language, tag, text: body }));
}

function withoutBlocks({ text }: Page): string {
  return text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
}

function inlineCode(page: Page): string[] {
  return Array.from(withoutBlocks(page).matchAll(/`([^`\n]+)`/g), ([, code = '']) => code);
}

/** A heading's anchor, as GitHub makes it. */
function anchorOf(heading: string): string {
  const plain = heading.replaceAll(/[`*]/g, '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  return plain
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsOf(file: string): ReadonlySet<string> {
  const text = withoutBlocks({ file, text: readFileSync(path.join(root, file), 'utf8') });
  const headings = text.matchAll(/^#{1,6} (.+)$/gm);
  const named = text.matchAll(/<a id="([^"]+)"><\/a>/g);
  return new Set([
    ...Array.from(headings, ([, heading = '']) => anchorOf(heading.trim())),
    ...Array.from(named, ([, id = '']) => id),
  ]);
}

/** What is wrong with a relative link, or undefined. */
function linkFault(page: Page, link: string): string | undefined {
  const [target = '', anchor] = link.split('#');
  const file =
    target === '' ? page.file : path.normalize(path.join(path.dirname(page.file), decodeURI(target)));
  if (!existsSync(path.join(root, file))) return `${page.file}: ${link} leads nowhere`;
  if (anchor === undefined || !file.endsWith('.md')) return undefined;
  return anchorsOf(file).has(anchor) ? undefined : `${page.file}: ${link} names no place in it`;
}

test('every relative link of the documentation resolves, anchors included', () => {
  const faults = pages.flatMap((page) => {
    const links = Array.from(withoutBlocks(page).matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link);
    const relative = links.filter((link) => !/^[a-z]+:/.test(link));
    return relative.flatMap((link) => linkFault(page, link) ?? []);
  });
  expect(faults).toEqual([]);
});

test('files of this repository that the documentation names are there', () => {
  const folders = [
    'activities',
    'adapters',
    'client',
    'config',
    'domain',
    'emulators',
    'ledger',
    'scripts',
    'test',
  ];
  const isPath = new RegExp(`^(${[...folders, 'workers', 'workflows', 'examples'].join('|')})/[\\w./-]+$`);
  const named = pages.flatMap((page) =>
    inlineCode(page)
      .filter((code) => isPath.test(code))
      .map((file) => ({ page: page.file, file })),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ file }) => !existsSync(path.join(root, file)))).toEqual([]);
});

/** The words of each `ssakv` command in a text, without the shell around it. */
function commandsIn(text: string): string[][] {
  const joined = text.replaceAll(/\\\n\s*/g, ' ');
  const calls = joined.matchAll(
    /(?:^|[\s;&|(])(?:ssakv|node dist\/client\/cli\/main\.js)((?: [^\n|;&>#)]*)?)/gm,
  );
  return Array.from(calls, ([, rest = '']) =>
    Array.from(rest.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g), ([, a, b, c]) => a ?? b ?? c ?? ''),
  );
}

/** The command line with actions that do nothing. */
function inertProgram(): Command {
  const program = buildProgram();
  const disarm = (command: Command): void => {
    command.configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
    if (command.commands.length === 0) command.action(() => undefined);
    for (const child of command.commands) disarm(child);
  };
  disarm(program);
  return program;
}

/** In running text a command may be named without its arguments. */
const incomplete = ['commander.missingArgument', 'commander.missingMandatoryOptionValue'];

async function commandFault(
  words: readonly string[],
  tolerated: readonly string[] = [],
): Promise<string | undefined> {
  try {
    await inertProgram().parseAsync([...words], { from: 'user' });
    return undefined;
  } catch (error) {
    const asked = ['commander.helpDisplayed', 'commander.version'];
    const { code = '', message } = error as { code?: string; message: string };
    return [...asked, ...tolerated].includes(code) ? undefined : `ssakv ${words.join(' ')}: ${message}`;
  }
}

/** Forms such as `ssakv connector …` and `ssakv health <url>` name a command without being one. */
function isForm(words: readonly string[]): boolean {
  return words.some((word) => /[…<>[\]]|\$/.test(word));
}

test('every ssakv command in a block of the documentation is one, with these options', async () => {
  const shells = new Set(['sh', 'bash', 'shell', 'console', '']);
  const shown = pages
    .flatMap((page) => blocksOf(page).filter(({ language }) => shells.has(language)))
    .flatMap(({ text }) => commandsIn(text))
    .filter((words) => !isForm(words));
  expect(shown.length).toBeGreaterThan(30);
  const faults = await Promise.all(shown.map((words) => commandFault(words)));
  expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
});

test('every ssakv command that the text of the documentation names exists', async () => {
  const nameOfReport = 'ssakv changes';
  const named = pages
    .flatMap(inlineCode)
    .filter((code) => /^(npx )?ssakv [a-z-]/.test(code) && code !== nameOfReport)
    .flatMap(commandsIn)
    .filter((words) => !isForm(words));
  expect(named.length).toBeGreaterThan(30);
  const faults = await Promise.all(named.map((words) => commandFault(words, incomplete)));
  expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
});

test('the examples in the help texts are commands', async () => {
  const helpOf = (command: Command): string[] => {
    let text = '';
    command.configureOutput({ writeOut: (part) => (text += part) });
    command.outputHelp();
    return [text, ...command.commands.flatMap(helpOf)];
  };
  const lines = helpOf(buildProgram()).flatMap((text) =>
    text.split('\n').filter((line) => /^ +\$ ssakv/.test(line)),
  );
  expect(lines.length).toBeGreaterThan(8);
  // Two blanks end the command; what follows explains it.
  const commands = lines.flatMap((line) => commandsIn(line.trim().split(/ {2,}/)[0] ?? ''));
  expect(
    (await Promise.all(commands.map((words) => commandFault(words)))).filter((fault) => fault !== undefined),
  ).toEqual([]);
});

const inputParsers: Readonly<Record<string, (raw: unknown) => unknown>> = {
  'input-testConnection': parseTestConnectionInput,
  'input-activateConnector': parseActivateConnectorInput,
  'input-syncCycle': parseSyncCycleInput,
  'input-syncSecrets': parseSyncSecretsInput,
};

const inputs = pages.flatMap((page) =>
  blocksOf(page)
    .filter(({ tag }) => tag.startsWith('input-'))
    .map(({ tag, text }) => ({ file: page.file, tag, text })),
);

test.each(inputs)('$file shows an $tag that the workflow takes', ({ tag, text }) => {
  expect(() => inputParsers[tag]?.(JSON.parse(text))).not.toThrow();
  expect(inputParsers).toHaveProperty(tag);
});

test('README and operations show inputs for the Web UI', () => {
  expect(new Set(inputs.map(({ file }) => file))).toEqual(
    new Set(['README.md', path.join('docs', 'configuration.md'), path.join('docs', 'operations.md')]),
  );
});

function operations(): string {
  return readFileSync(path.join(root, 'docs', 'operations.md'), 'utf8');
}

test('the table of exit statuses is the one of the command line', () => {
  const rows = Array.from(operations().matchAll(/^\| (\d+) +\| (.+?) +\|$/gm), ([, status, text]) => [
    status,
    text,
  ]);
  const help = Array.from(exitCodeHelp.matchAll(/^ +(\d+) +(.+)$/gm), ([, status, text]) => [status, text]);
  expect(rows).toEqual(help);
  expect(rows.map(([status]) => Number(status))).toEqual(Object.values(exitCodes));
});

test('the metrics of docs/operations.md are those that there are', async () => {
  const metrics = openActivityMetrics()
    .registry.getMetricsAsArray()
    .map(({ name }) => name);
  const gauges = readFileSync(path.join(root, 'client', 'http', 'connector-metrics.ts'), 'utf8');
  const ofHttp = Array.from(gauges.matchAll(/'(ssakv_\w+)'/g), ([, name = '']) => name);
  expect(new Set(operations().match(/\bssakv_\w+/g))).toEqual(new Set([...metrics, ...ofHttp]));
});

test('every npm script that the documentation names exists', () => {
  const named = pages.flatMap(({ text }) =>
    Array.from(text.matchAll(/npm run ([\w:-]+)/g), ([, name = '']) => name),
  );
  expect(named.filter((name) => !(name in packageJson.scripts))).toEqual([]);
});
