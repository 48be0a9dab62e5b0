import * as fc from 'fast-check';
import { SsakvError } from '../domain/errors/ssakv-error';
import {
  parseActivateConnectorInput,
  parseSyncCycleInput,
  parseSyncSecretsInput,
  parseTestConnectionInput,
} from '../config/workflow-inputs';
import {
  connectorOf,
  connectorText,
  guideConnector,
  refusalOf,
  runtimeOf,
  runtimeText,
  serversText,
} from './support/configuration-texts';

/** What a generator of passwords makes. */
const marked = fc
  .string({
    unit: fc.constantFrom(...Array.from('abcdefghKLMNPQ23456789!#%&*+~')),
    minLength: 12,
    maxLength: 30,
  })
  .map((text) => `Zx9!${text}`);

function outcomeOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

const parsers: readonly [string, (text: string) => unknown][] = [
  ['the connector JSON', (text) => connectorOf({ connector: text })],
  ['the template maps', (text) => connectorOf({ maps: text })],
  ['the throttle file', (text) => connectorOf({ throttle: text })],
  ['the Secret Servers', (text) => connectorOf({ servers: text })],
  ['ssakv.yaml', (text) => runtimeOf(text)],
];

describe('whatever a file holds', () => {
  test.each(parsers)('%s throws nothing but our own error on any JSON', (_name, parse) => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        const outcome = outcomeOf(() => parse(text));
        expect(outcome instanceof Error && !(outcome instanceof SsakvError)).toBe(false);
      }),
    );
  });

  test.each(parsers)('%s throws nothing but our own error on any text', (_name, parse) => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom('[azure_key_vault]', 'a: &a [*a]', '? {}', '- - -', '{"__proto__":', '!!set {a}'),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const outcome = outcomeOf(() => parse(lines.join('\n')));
        expect(outcome instanceof Error && !(outcome instanceof SsakvError)).toBe(false);
      }),
    );
  });

  test('the connector throws nothing but our own error on any member', () => {
    const known = Object.keys(guideConnector);
    const key = fc.oneof(
      fc.constantFrom(...known, 'cloud', 'credential', 'proxy', 'caps', '__proto__'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue({ maxDepth: 3 })), (changes) => {
        const outcome = outcomeOf(() => connectorOf({ connector: connectorText(changes) }));
        expect(outcome instanceof Error && !(outcome instanceof SsakvError)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('an input throws nothing but our own error on any JSON', () => {
    const parse = [
      parseSyncCycleInput,
      parseSyncSecretsInput,
      parseTestConnectionInput,
      parseActivateConnectorInput,
    ];
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...parse), (value, read) => {
        const outcome = outcomeOf(() => read(value));
        expect(outcome instanceof Error && !(outcome instanceof SsakvError)).toBe(false);
      }),
    );
  });
});

describe('a literal secret is refused and never shown', () => {
  const connectorKeys = [
    ...Object.keys(guideConnector),
    'cloud',
    'credential',
    'proxy',
    'caFile',
    'tagRefresh',
  ];

  test('as the value of any key of the connector that does not take it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...connectorKeys), marked, (key, secret) => {
        const outcome = outcomeOf(() => connectorOf({ connector: connectorText({ [key]: secret }) }));
        if (outcome instanceof Error) expect(outcome.message).not.toContain(secret);
        else expect(key).toBe('caFile');
      }),
    );
  });

  test('under any name that a credential goes by', () => {
    const names = [
      'clientSecret',
      'password',
      'apiKey',
      'client_secret',
      'token',
      'privateKey',
      'passphrase',
      'secret',
      'accountKey',
      'accessToken',
      'connectionString',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...names), marked, (name, secret) => {
        const line = `${name}: '${secret}'\n`;
        const refusals = [
          refusalOf(() => connectorOf({ connector: connectorText({ [name]: secret }) })),
          refusalOf(() => connectorOf({ servers: `${serversText}    ${line}` })),
          refusalOf(() => runtimeOf(runtimeText + line)),
          refusalOf(() => connectorOf({ maps: line })),
        ];
        for (const error of refusals) {
          expect(error.code).toBe('LiteralSecretRefused');
          expect(error.message).not.toContain(secret);
        }
      }),
    );
  });

  test('inside any form of a credential reference', () => {
    const forms = (secret: string): unknown[] => [
      secret,
      { value: secret },
      { literal: secret, file: 'a' },
      { env: secret },
      { certificate: secret },
      { managedIdentity: { clientId: secret } },
      { secretServerSecret: secret },
      [secret],
    ];
    fc.assert(
      fc.property(marked, fc.nat(7), (secret, form) => {
        const connector = connectorText({ authMethod: 'ClientSecret', credential: forms(secret)[form] });
        expect(refusalOf(() => connectorOf({ connector })).message).not.toContain(secret);
      }),
    );
  });

  test('as the name of a key, in broken syntax, and on a line of its own', () => {
    fc.assert(
      fc.property(marked, (secret) => {
        const quoted = JSON.stringify(secret);
        const refusals = [
          refusalOf(() => connectorOf({ connector: `{ ${quoted}: 1 }` })),
          refusalOf(() => connectorOf({ connector: `{ "proxy": ${quoted}` })),
          refusalOf(() => connectorOf({ maps: `a: [${quoted}` })),
          refusalOf(() => connectorOf({ throttle: `[azure_key_vault]\nx${secret}` })),
          refusalOf(() => runtimeOf(`${runtimeText}x${quoted}: {`)),
        ];
        for (const error of refusals) expect(error.message).not.toContain(secret);
      }),
    );
  });

  test.each([
    ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nMIIE'],
    ['a token', 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'],
    ['a URL with a password', 'https://svc:Zx9pass@vault.example.com'],
    ['a connection string', 'Server=db;Password=Zx9pass;'],
    ['an Entra client secret', 'abc8Q~abcdefghijklmnopqrstuvwxyzABCDE12345'],
  ])('when it has the form of %s, in a key that takes any text', (_form, secret) => {
    const refusals = [
      refusalOf(() => connectorOf({ connector: connectorText({ caFile: secret }) })),
      refusalOf(() =>
        connectorOf({ maps: `conflict_resolution: { alert_channel: ${JSON.stringify(secret)} }` }),
      ),
      refusalOf(() => connectorOf({ servers: serversText.replace('svc', JSON.stringify(secret)) })),
    ];
    for (const error of refusals) {
      expect(error.code).toBe('LiteralSecretRefused');
      expect(error.message).not.toContain(secret);
    }
  });

  test('in the path or query of a URL', () => {
    for (const place of ['/Zx9secret', '?sig=Zx9secret', '#Zx9secret']) {
      const url = `https://my-vault.vault.azure.net${place}`;
      const servers = serversText.replace(
        'https://vault.example.com/SecretServer',
        `ftp://vault.example.com/${place}`,
      );
      expect(
        refusalOf(() => connectorOf({ connector: connectorText({ keyVaultUrl: url }) })).message,
      ).not.toContain('Zx9');
      expect(refusalOf(() => connectorOf({ servers })).message).not.toContain('Zx9');
    }
  });

  test('in the input of a workflow', () => {
    fc.assert(
      fc.property(marked, (secret) => {
        for (const input of [secret, [secret], { connector: secret }, { dryRun: secret }, { [secret]: 1 }]) {
          expect(refusalOf(() => parseSyncCycleInput(input)).message).not.toContain(secret);
        }
        expect(refusalOf(() => parseSyncSecretsInput({ secretIds: [secret] })).message).not.toContain(secret);
      }),
    );
  });
});
