import { matchTemplates, type ServerTemplate } from '../config/template-matching';
import { explainConflictRules } from '../domain/conflict-rules';
import { connectorOf, connectorText } from './support/configuration-texts';

const field = (name: string, isFile = false) => ({
  name,
  slug: name.toLowerCase().replaceAll(' ', '-'),
  isFile,
});
const unix: ServerTemplate = {
  id: 6007,
  name: 'Unix Account (SSH)',
  fields: [field('Machine'), field('Username'), field('Password'), field('Private Key', true)],
};
const sql: ServerTemplate = {
  id: 6051,
  name: 'SQL Server Account',
  fields: ['Server', 'Username', 'Password'].map((name) => field(name)),
};
const custom: ServerTemplate = {
  id: 7000,
  name: 'Payment Gateway',
  fields: [field('Merchant ID'), field('API Key'), field('Keystore', true)],
};

const matchOf = (maps: string, templates: readonly ServerTemplate[], inScope?: ReadonlySet<number>) =>
  matchTemplates(connectorOf({ maps: `${maps}\nsync_rules: [{ folder: A }]` }), templates, inScope);
const mapOf = (fields: string, template = 'payment gateway'): string =>
  `external_vault_template_maps: [{ ss_template: ${template}, field_map: [${fields}] }]`;

describe('the maps and the templates of Secret Server', () => {
  test('fit when fields are named by display name or slug, in any case', () => {
    const match = matchOf(mapOf('{ ss_field: MERCHANT id, akv_key: a }, { ss_field: api-key, akv_key: b }'), [
      custom,
    ]);
    expect(match.problems).toEqual([]);
    expect(match.matched.map(({ map, template }) => [map.ssTemplate, template.id])).toEqual([
      ['payment gateway', 7000],
    ]);
  });

  test('fit for the built-in kinds, without the database field and without templates that are not there', () => {
    const match = matchOf('', [unix, sql]);
    expect(match.problems).toEqual([]);
    expect(match.matched.map(({ template }) => template.name)).toEqual([
      'Unix Account (SSH)',
      'SQL Server Account',
    ]);
  });

  test('tell an unknown field with the nearest one', () => {
    const { problems } = matchOf(mapOf('{ ss_field: Merchnt ID, akv_key: a }'), [custom]);
    expect(problems).toEqual([
      {
        code: 'TemplateFieldNotFound',
        template: 'payment gateway',
        field: 'Merchnt ID',
        detail:
          'The template "Payment Gateway" has no field "Merchnt ID". Nearest: "Merchant ID". It has: "Merchant ID" (merchant-id), "API Key" (api-key), "Keystore" (keystore).',
      },
    ]);
  });

  test('let an optional field be absent', () => {
    expect(matchOf(mapOf('{ ss_field: Region, akv_key: r, optional: true }'), [custom]).problems).toEqual([]);
  });

  test('tell a template that is not there with the nearest one', () => {
    const { problems } = matchOf(mapOf('{ ss_field: A, akv_key: a }', 'Payment Gatway'), [custom]);
    expect(problems).toMatchObject([{ code: 'TemplateNotFound', template: 'Payment Gatway' }]);
    expect(problems[0]?.detail).toContain('Nearest: "Payment Gateway"');
  });

  test.each([
    ['{ ss_field: API Key, akv_key: a, encoding: base64 }', 'no file'],
    ['{ ss_field: Keystore, akv_key: a, type_coerce: number }', 'cannot become a number'],
  ])('tell that %s does not suit the field', (mapping, part) => {
    const { problems } = matchOf(mapOf(mapping), [custom]);
    expect(problems).toMatchObject([{ code: 'TemplateFieldUnfit' }]);
    expect(problems[0]?.detail).toContain(part);
  });

  test('list the templates in scope that have no map', () => {
    const other: ServerTemplate = { id: 1, name: 'Bank Account', fields: [] };
    expect(matchOf('', [unix, custom, other]).withoutMap.map(({ name }) => name)).toEqual([
      'Payment Gateway',
      'Bank Account',
    ]);
    expect(matchOf('', [unix, custom, other], new Set([7000])).withoutMap.map(({ name }) => name)).toEqual([
      'Payment Gateway',
    ]);
  });

  test('are worth nothing without a governed folder', () => {
    expect(matchTemplates(connectorOf({}), [unix]).problems).toMatchObject([{ code: 'NoFolderGoverned' }]);
  });
});

describe('the conflict rule in force', () => {
  const fields =
    '{ ss_field: P, akv_key: p, sensitive: true }, { ss_field: H, akv_key: h, sensitive: false }, { ss_field: U, akv_key: u }';
  const rulesOf = (inMap: string, beside: string, changes = {}) => {
    const maps = `external_vault_template_maps:\n  - ss_template: T\n    field_map: [${fields}]\n${inMap === '' ? '' : `    ${inMap}\n`}${beside}`;
    const settings = connectorOf({
      maps,
      connector: connectorText({ conflictResolution: undefined, ...changes }),
    });
    return explainConflictRules(settings).filter((rule) => rule.ssTemplate === 'T');
  };
  const outcomes = (...args: Parameters<typeof rulesOf>) => rulesOf(...args).map((rule) => rule.outcome);
  const turned =
    'conflict_resolution: { default_authority: azure_key_vault, sensitive_field_winner: azure_key_vault, infra_field_winner: secret_server }';

  test.each<[string, Parameters<typeof rulesOf>, string[]]>([
    [
      'by default goes by sensitivity, then the connector',
      ['', ''],
      ['secret_server', 'azure_key_vault', 'secret_server'],
    ],
    [
      'with AzureWins gives unmarked keys to Azure',
      ['', '', { conflictResolution: 'AzureWins' }],
      ['secret_server', 'azure_key_vault', 'azure_key_vault'],
    ],
    ['with Manual is a case', ['', '', { conflictResolution: 'Manual' }], ['case', 'case', 'case']],
    [
      'follows the block beside the maps',
      ['', turned],
      ['azure_key_vault', 'secret_server', 'azure_key_vault'],
    ],
    [
      "follows the map's block before the one beside",
      [turned, 'conflict_resolution: {}'],
      ['azure_key_vault', 'secret_server', 'azure_key_vault'],
    ],
    [
      "with Manual still follows the map's own block",
      [turned, '', { conflictResolution: 'Manual' }],
      ['azure_key_vault', 'secret_server', 'azure_key_vault'],
    ],
    [
      'with Manual ignores the block beside the maps',
      ['', turned, { conflictResolution: 'Manual' }],
      ['case', 'case', 'case'],
    ],
    [
      'without merging is one for all keys',
      ['conflict_resolution: { merge_enabled: false }', ''],
      ['secret_server', 'secret_server', 'secret_server'],
    ],
    [
      'without merging follows the connector',
      ['conflict_resolution: { merge_enabled: false }', '', { conflictResolution: 'AzureWins' }],
      ['azure_key_vault', 'azure_key_vault', 'azure_key_vault'],
    ],
    [
      'is none where nothing is pulled',
      ['sync_direction: push_only', turned],
      ['secret_server', 'secret_server', 'secret_server'],
    ],
    [
      'is none where nothing is pushed',
      ['', '', { syncMode: 'PullOnly' }],
      ['azure_key_vault', 'azure_key_vault', 'azure_key_vault'],
    ],
  ])('%s', (_what, args, expected) => {
    expect(outcomes(...args)).toEqual(expected);
  });

  test('says which setting it comes from', () => {
    expect(rulesOf('', turned).map((rule) => rule.because)).toEqual([
      'sensitive, so sensitive_field_winner (conflict_resolution beside the maps)',
      'not sensitive, so infra_field_winner (conflict_resolution beside the maps)',
      'unmarked, so default_authority (conflict_resolution beside the maps)',
    ]);
    expect(rulesOf(turned, '')[0]?.because).toContain("(the map's conflict_resolution)");
  });

  test('counts an unmarked password field as sensitive', () => {
    const maps = `external_vault_template_maps: [{ ss_template: T, field_map: [{ ss_field: Pin, akv_key: pin }] }]\n${turned.replace('default_authority: azure_key_vault', 'default_authority: secret_server')}`;
    const settings = connectorOf({ maps });
    const rule = (isPassword: boolean) =>
      explainConflictRules(settings, () => isPassword).find((each) => each.akvKey === 'pin')?.outcome;
    expect(rule(true)).toBe('azure_key_vault');
    expect(rule(false)).toBe('secret_server');
  });
});
