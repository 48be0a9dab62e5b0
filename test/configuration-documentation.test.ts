import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Guides } from '../config/checking';
import { connectorGuides } from '../config/connector-schema';
import { runtimeGuides } from '../config/runtime-guides';
import { templateMapsGuides } from '../config/template-map-guides';
import {
  parseActivateConnectorInput,
  parseSyncCycleInput,
  parseSyncSecretsInput,
  parseTestConnectionInput,
} from '../config/workflow-inputs';
import { configurationErrors } from '../domain/errors/configuration';
import { inputErrors } from '../domain/errors/input';
import { connectorOf, connectorText, runtimeOf } from './support/configuration-texts';

const page = readFileSync(path.join(__dirname, '..', 'docs', 'configuration.md'), 'utf8');

interface Block {
  readonly language: string;
  readonly tag: string;
  readonly text: string;
}

const blocks: readonly Block[] = Array.from(
  page.matchAll(/^```(jsonc?|ya?ml|ini)[ \t]*(\S*)\n([\s\S]*?)^```$/gm),
  ([, language = '', tag = '', text = '']) => ({ language, tag, text }),
);

const loaders: Readonly<Record<string, (text: string) => unknown>> = {
  connector: (connector) => connectorOf({ connector }),
  'template-maps': (maps) => connectorOf({ maps }),
  'akv-throttle': (throttle) => connectorOf({ throttle }),
  'secret-servers': (servers) => connectorOf({ servers, connector: connectorText({ secretServer: 'main' }) }),
  ssakv: (text) => runtimeOf(text),
  'input-testConnection': (text) => parseTestConnectionInput(JSON.parse(text)),
  'input-activateConnector': (text) => parseActivateConnectorInput(JSON.parse(text)),
  'input-syncCycle': (text) => parseSyncCycleInput(JSON.parse(text)),
  'input-syncSecrets': (text) => parseSyncSecretsInput(JSON.parse(text)),
};

describe('docs/configuration.md', () => {
  test('has an example of every kind', () => {
    expect(new Set(blocks.map(({ tag }) => tag))).toEqual(new Set(Object.keys(loaders)));
  });

  test.each(blocks)('shows $language for $tag that ssakv takes', ({ tag, text }) => {
    expect(() => loaders[tag]?.(text)).not.toThrow();
  });

  test.each<[string, Guides]>([
    ['connector', connectorGuides],
    ['template maps', templateMapsGuides],
  ])('explains every key of the %s', (_file, guides) => {
    const keys = Object.keys(guides).map((pattern) => pattern.split('.').at(-1)?.replace('[]', '') ?? '');
    const missing = keys.filter((key) => key !== '*' && !page.includes(`\`${key}\``));
    expect(missing).toEqual([]);
  });

  test('explains every key of ssakv.yaml', () => {
    const patterns = Object.keys(runtimeGuides).map((pattern) => pattern.replace('[]', ''));
    const blocksOfKeys = patterns.filter((pattern) =>
      patterns.some((other) => other.startsWith(`${pattern}.`)),
    );
    const missing = patterns.filter(
      (pattern) => !blocksOfKeys.includes(pattern) && !page.includes(`\`${pattern}\``),
    );
    expect(missing).toEqual([]);
  });

  test('lists every error of configuration and input', () => {
    const codes = [...Object.keys(configurationErrors), ...Object.keys(inputErrors)];
    expect(codes.filter((code) => !page.includes(`\n| \`${code}\` `))).toEqual([]);
  });
});
