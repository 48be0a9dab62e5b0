import { connectorOf, connectorText, refusalOf } from './support/configuration-texts';

const guideText = `# External Vault Template Mapping for Oracle Service Account
external_vault_template_maps:
  - ss_template: "Oracle Service Account"
    external_vault: "akv-prod-eastus"
    "external_secret_prefix": "oracle" # results in "oracle-{ss-id}"
    sync_direction: bidirectional
    content_type: "application/json"
    field_map:
      - ss_field: "Username"
        akv_key: "username"
        sensitive: false
      - ss_field: "Password"
        akv_key: "password"
        sensitive: true # SS wins on conflict for sensitive fields
      - ss_field: "Server"
        akv_key: "host"
        sensitive: false # AKV wins on conflict for infra fields
      - ss_field: "Port"
        akv_key: "port"
        type_coerce: string # AKV stores all values as strings
    external_secret_tags:
      environment: "production"
      ss-managed: "true" # required for pull filter
      ss-template: "oracle-service-account"
conflict_resolution:
  default_authority: secret_server
  merge_enabled: true
  sensitive_field_winner: secret_server
  infra_field_winner: azure_key_vault
  unresolvable_action: quarantine_and_alert
  alert_channel: "azure-monitor-webhook"
`;

/** A map of one field, with more lines in it. */
function oneMap(more = '', template = 'Custom'): string {
  const lines = more === '' ? '' : `    ${more.replaceAll('\n', '\n    ')}\n`;
  return `  - ss_template: "${template}"\n    field_map: [{ ss_field: Password, akv_key: password }]\n${lines}`;
}

const maps = (text: string): string => `external_vault_template_maps:\n${text}`;
const mapped = (text: string, changes = {}) =>
  connectorOf({ maps: text, connector: connectorText({ conflictResolution: undefined, ...changes }) });

describe('the template maps', () => {
  test("take the guide's form, conflict block and all", () => {
    const settings = connectorOf({ maps: guideText });
    expect(settings.templateMaps[0]).toEqual({
      ssTemplate: 'Oracle Service Account',
      origin: 'file',
      externalSecretPrefix: 'oracle',
      syncDirection: 'Bidirectional',
      contentType: 'application/json',
      fieldMap: [
        {
          ssField: 'Username',
          akvKey: 'username',
          sensitive: false,
          typeCoerce: 'string',
          encoding: 'utf8',
          optional: false,
        },
        {
          ssField: 'Password',
          akvKey: 'password',
          sensitive: true,
          typeCoerce: 'string',
          encoding: 'utf8',
          optional: false,
        },
        {
          ssField: 'Server',
          akvKey: 'host',
          sensitive: false,
          typeCoerce: 'string',
          encoding: 'utf8',
          optional: false,
        },
        { ssField: 'Port', akvKey: 'port', typeCoerce: 'string', encoding: 'utf8', optional: false },
      ],
      externalSecretTags: {
        environment: 'production',
        'ss-managed': 'true',
        'ss-template': 'oracle-service-account',
      },
    });
    expect(settings.conflictBlock).toEqual({
      defaultAuthority: 'secret_server',
      mergeEnabled: true,
      sensitiveFieldWinner: 'secret_server',
      infraFieldWinner: 'azure_key_vault',
      unresolvableAction: 'quarantine_and_alert',
      alertChannel: 'azure-monitor-webhook',
    });
  });

  test('are there for the five built-in kinds without any file', () => {
    const keys = connectorOf({}).templateMaps.map((map) => [
      map.ssTemplate,
      map.fieldMap.map((each) => each.akvKey),
    ]);
    expect(keys).toEqual([
      ['Active Directory Account', ['username', 'password', 'domain']],
      ['Unix Account (SSH)', ['username', 'password', 'private_key']],
      ['SQL Server Account', ['server', 'database', 'username', 'password']],
      ['Azure Application Registration', ['clientId', 'clientSecret', 'tenantId']],
      ['Web Password', ['url', 'username', 'password']],
    ]);
  });

  test('ask for no database field, which the SQL Server template does not have as installed', () => {
    const map = connectorOf({}).templateMaps.find((each) => each.ssTemplate === 'SQL Server Account');
    const optional = map?.fieldMap.filter((each) => each.optional).map((each) => each.akvKey);
    expect(optional).toEqual(['database']);
  });

  test('of the file take the place of the built-in one for the same template', () => {
    const found = mapped(maps(oneMap('', 'web password'))).templateMaps.filter(
      (map) => map.ssTemplate.toLowerCase() === 'web password',
    );
    expect(found).toHaveLength(1);
    expect(found[0]?.origin).toBe('file');
  });

  test('and rules of other connectors are left aside', () => {
    const text = `${maps(oneMap('external_vault: other'))}sync_rules:
  - { external_vault: other, folder: A }
  - { external_vault: akv-prod-eastus, folder: B/C, include_subfolders: false }
  - { folder: D }
`;
    const settings = mapped(text);
    expect(settings.templateMaps.every((map) => map.origin === 'built-in')).toBe(true);
    expect(settings.syncRules).toEqual([
      { folder: 'B/C', includeSubfolders: false },
      { folder: 'D', includeSubfolders: true },
    ]);
  });

  test.each([
    ['Bidirectional', 'push_only', 'PushOnly'],
    ['Bidirectional', 'pull_only', 'PullOnly'],
    ['Bidirectional', undefined, 'Bidirectional'],
    ['PushOnly', 'bidirectional', 'PushOnly'],
    ['PushOnly', 'push_only', 'PushOnly'],
    ['PullOnly', undefined, 'PullOnly'],
  ])('of a %s connector with the direction %s go %s', (syncMode, direction, expected) => {
    const text = maps(oneMap(direction === undefined ? '' : `sync_direction: ${direction}`));
    expect(mapped(text, { syncMode }).templateMaps[0]?.syncDirection).toBe(expected);
  });

  test('take encoding, optional and coercions per field', () => {
    const text = `external_vault_template_maps:
  - ss_template: Keys
    field_map:
      - { ss_field: Keystore, akv_key: keystore, encoding: base64, optional: true }
      - { ss_field: Port, akv_key: port, type_coerce: number }
`;
    expect(mapped(text).templateMaps[0]?.fieldMap).toMatchObject([
      { encoding: 'base64', optional: true },
      { typeCoerce: 'number', encoding: 'utf8', optional: false },
    ]);
  });

  test("take the connector's word where a block has no default authority", () => {
    const text = maps(oneMap('conflict_resolution: { merge_enabled: false }'));
    const block = mapped(text, { conflictResolution: 'AzureWins' }).templateMaps[0]?.conflictBlock;
    expect(block).toMatchObject({ defaultAuthority: 'azure_key_vault', mergeEnabled: false });
  });
});

describe('wrong template maps', () => {
  const field = (text: string): string =>
    `external_vault_template_maps:\n  - ss_template: T\n    field_map:\n      - { ss_field: A, akv_key: a }\n      - ${text}\n`;
  const tags = (text: string): string => maps(oneMap(`external_secret_tags: ${text}`));

  test.each<[string, string, string, string[]]>([
    [
      'an unknown key',
      maps(oneMap('content_typ: x')),
      'ConfigurationInvalid',
      ['template-maps.yaml:4', '`content_typ`', '`content_type`'],
    ],
    ['an unknown top key', 'template_maps: []', 'ConfigurationInvalid', ['external_vault_template_maps']],
    [
      'a key of another version',
      maps(oneMap('pull_target: { folder: A, template: B }')),
      'OptionNotSupportedYet',
      ['`pull_target`'],
    ],
    [
      'a key of another version',
      maps(oneMap('line_endings: lf')),
      'OptionNotSupportedYet',
      ['`line_endings`'],
    ],
    [
      'a value of another version',
      maps(oneMap('extra_keys: drop')),
      'OptionNotSupportedYet',
      ['extra_keys', 'preserve'],
    ],
    [
      'no fields',
      'external_vault_template_maps: [{ ss_template: A, field_map: [] }]',
      'ConfigurationInvalid',
      ['field_map: found a list of 0'],
    ],
    [
      'no template',
      'external_vault_template_maps: [{ field_map: [{ ss_field: A, akv_key: a }] }]',
      'ConfigurationInvalid',
      ['ss_template: found nothing'],
    ],
    [
      'a bad prefix',
      maps(oneMap('external_secret_prefix: ora_cle')),
      'ConfigurationInvalid',
      ['"ora_cle"', '"oracle"'],
    ],
    [
      'a bad direction',
      maps(oneMap('sync_direction: both')),
      'ConfigurationInvalid',
      ['bidirectional, push_only, pull_only'],
    ],
    [
      'a content type too long',
      maps(oneMap(`content_type: ${'a'.repeat(256)}`)),
      'ConfigurationInvalid',
      ['at most 255'],
    ],
    [
      'a field without key',
      field('{ ss_field: B }'),
      'ConfigurationInvalid',
      ['field_map[1].akv_key: found nothing'],
    ],
    [
      'a key twice',
      field('{ ss_field: B, akv_key: a }'),
      'ConfigurationInvalid',
      ['template-maps.yaml:5', 'field_map[1].akv_key', 'second time'],
    ],
    [
      'a field twice',
      field('{ ss_field: a, akv_key: b }'),
      'ConfigurationInvalid',
      ['field_map[1].ss_field', 'push_only'],
    ],
    [
      'a bad coercion',
      field('{ ss_field: B, akv_key: b, type_coerce: strin }'),
      'ConfigurationInvalid',
      ['"strin"', 'string, number, boolean'],
    ],
    [
      'an encoded number',
      field('{ ss_field: B, akv_key: b, type_coerce: number, encoding: base64 }'),
      'ConfigurationInvalid',
      ['type_coerce', 'base64'],
    ],
    [
      'a bad encoding',
      field('{ ss_field: B, akv_key: b, encoding: hex }'),
      'ConfigurationInvalid',
      ['utf8, base64'],
    ],
    ['a dangerous key', field('{ ss_field: B, akv_key: __proto__ }'), 'ConfigurationInvalid', ['akv_key']],
    [
      'a tag that is computed',
      tags('{ ss-secret-id: "1" }'),
      'ConfigurationInvalid',
      ['ss-secret-id', 'computes'],
    ],
    ['the mark', tags('{ SS-Operation-Id: "1" }'), 'ConfigurationInvalid', ['computes']],
    ['a managed tag turned off', tags('{ ss-managed: "false" }'), 'ConfigurationInvalid', ['"true"']],
    [
      'a tag that is no text',
      tags('{ a: true }'),
      'ConfigurationInvalid',
      ['external_secret_tags.a: found true', 'quoted text'],
    ],
    ['a tag too long', tags(`{ a: ${'x'.repeat(257)} }`), 'ConfigurationInvalid', ['at most 256']],
    [
      'too many tags',
      tags('{ a: "", b: "", c: "", d: "", e: "", f: "", g: "", h: "" }'),
      'ConfigurationInvalid',
      ['8 tags', 'at most 7'],
    ],
    [
      'two maps for one template',
      maps(oneMap() + oneMap('', 'CUSTOM')),
      'TwoMapsForOneTemplate',
      ['external_vault_template_maps[1].ss_template', 'maps[0]'],
    ],
    [
      'two conflict blocks',
      maps(oneMap('conflict_resolution: {}\nconflict_resolution: {}')),
      'TwoConflictBlocks',
      ['template-maps.yaml:5'],
    ],
    [
      'two conflict blocks',
      'conflict_resolution: {}\nconflict_resolution: {}',
      'TwoConflictBlocks',
      ['template-maps.yaml:2'],
    ],
    [
      'a bad authority',
      'conflict_resolution: { default_authority: delinea }',
      'ConfigurationInvalid',
      ['secret_server, azure_key_vault'],
    ],
    [
      'a bad action',
      'conflict_resolution: { unresolvable_action: quarantine }',
      'ConfigurationInvalid',
      ['quarantine_and_alert'],
    ],
    [
      'a backslash',
      "sync_rules: [{ folder: 'A\\B' }]",
      'ConfigurationInvalid',
      ['sync_rules[0].folder', 'forward slashes', '"Production/Oracle"'],
    ],
    [
      'a leading slash',
      'sync_rules: [{ folder: /A }]',
      'ConfigurationInvalid',
      ['"/A"', 'none at either end'],
    ],
    [
      'a rule without folder',
      'sync_rules: [{ external_vault: a }]',
      'ConfigurationInvalid',
      ['folder: found nothing'],
    ],
    [
      'a private key',
      maps(oneMap('content_type: "-----BEGIN PRIVATE KEY----- Hunter2"')),
      'LiteralSecretRefused',
      ['content_type'],
    ],
    ['broken YAML', 'sync_rules: [\n  Hunter2', 'ConfigurationInvalid', ['a syntax error', 'YAML']],
    ['an unknown YAML tag', 'sync_rules: !!js/function Hunter2', 'ConfigurationInvalid', ['a syntax error']],
    ['an alias bomb', bomb(), 'ConfigurationInvalid', ['YAML with few aliases']],
    ['two documents', 'sync_rules: []\n---\nsync_rules: []', 'ConfigurationInvalid', ['a syntax error']],
  ])('with %s are refused: %s', (_what, text, code, parts) => {
    const error = refusalOf(() => connectorOf({ maps: text }));
    expect(error.code).toBe(code);
    for (const part of ['template-maps.yaml', ...parts]) expect(error.message).toContain(part);
    expect(error.message).not.toContain('Hunter2');
  });

  test('cannot push on a connector that only pulls', () => {
    const text = maps(oneMap('sync_direction: push_only'));
    const error = refusalOf(() => mapped(text, { syncMode: 'PullOnly' }));
    expect(error.message).toContain('push_only on a connector with syncMode PullOnly');
  });

  test('may send one field to two keys where nothing is pulled', () => {
    const text = field('{ ss_field: A, akv_key: b }');
    expect(mapped(text, { syncMode: 'PushOnly' }).templateMaps[0]?.fieldMap).toHaveLength(2);
  });
});

function bomb(): string {
  const lines = Array.from({ length: 12 }, (_, index) => {
    const item = index === 0 ? '1' : `*a${index - 1}`;
    return `a${index}: &a${index} [${Array.from({ length: 9 }, () => item).join(', ')}]`;
  });
  return lines.join('\n');
}
