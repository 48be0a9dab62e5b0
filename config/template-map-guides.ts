import type { Guides } from './checking';
import { choice, trueOrFalse } from './key-guides';
import { authorities, coercions, directions, encodings, extraKeys } from './template-map-schema';

/** What errors say about each key of template-maps.yaml. */
export const templateMapsGuides: Guides = {
  external_vault_template_maps: {
    expected: 'a list of maps',
    example: '- ss_template: "Oracle Service Account"',
    shown: 'never',
  },
  ...below('external_vault_template_maps[]', {
    '': {
      expected: 'a map with ss_template and field_map',
      example: 'ss_template: "Oracle Service Account"',
      shown: 'never',
    },
    ss_template: {
      expected: "the template's name in Secret Server",
      example: '"Oracle Service Account"',
      shown: 'name',
    },
    external_vault: { expected: "a connector's displayName", example: '"akv-prod-eastus"', shown: 'name' },
    external_secret_prefix: {
      expected: 'letters, digits and dashes, at most 100, not beginning or ending with a dash',
      example: '"oracle"',
      shown: 'name',
    },
    sync_direction: choice(directions, 'bidirectional'),
    content_type: {
      expected: 'a text of at most 255 characters',
      example: '"application/json"',
      shown: 'name',
    },
    field_map: {
      expected: 'a list of at least one mapping',
      example: '- { ss_field: "Password", akv_key: "password" }',
      shown: 'never',
    },
    ...below('field_map[]', {
      '': {
        expected: 'a mapping with ss_field and akv_key',
        example: '{ ss_field: "Password", akv_key: "password" }',
        shown: 'never',
      },
      ss_field: { expected: 'the display name or slug of a field', example: '"Password"', shown: 'name' },
      akv_key: { expected: 'a JSON key of at most 128 characters', example: '"password"', shown: 'name' },
      sensitive: trueOrFalse('true'),
      type_coerce: choice(coercions, 'string'),
      encoding: choice(encodings, 'base64'),
      optional: trueOrFalse('true'),
    }),
    external_secret_tags: {
      expected: 'tag names with quoted texts',
      example: 'environment: "production"',
      shown: 'never',
    },
    'external_secret_tags.*': {
      expected: 'a quoted text of at most 256 characters',
      example: '"production"',
      shown: 'name',
    },
    ...conflictGuides(),
    extra_keys: choice(extraKeys, 'preserve'),
  }),
  ...conflictGuides(),
  sync_rules: { expected: 'a list of rules', example: '- folder: "Production/Oracle"', shown: 'never' },
  ...below('sync_rules[]', {
    '': { expected: 'a rule with folder', example: 'folder: "Production/Oracle"', shown: 'never' },
    external_vault: { expected: "a connector's displayName", example: '"akv-prod-eastus"', shown: 'name' },
    folder: {
      expected: 'a folder path with forward slashes and none at either end',
      example: '"Production/Oracle"',
      shown: 'name',
    },
    include_subfolders: trueOrFalse('true'),
  }),
};

function conflictGuides(): Guides {
  return below('conflict_resolution', {
    '': {
      expected: 'a block of conflict settings',
      example: 'default_authority: secret_server',
      shown: 'never',
    },
    default_authority: choice(authorities, 'secret_server'),
    merge_enabled: trueOrFalse('true'),
    sensitive_field_winner: choice(authorities, 'secret_server'),
    infra_field_winner: choice(authorities, 'azure_key_vault'),
    unresolvable_action: choice(['quarantine_and_alert'], 'quarantine_and_alert'),
    alert_channel: {
      expected: 'the name of an alert channel',
      example: '"azure-monitor-webhook"',
      shown: 'name',
    },
  });
}

function below(parent: string, guides: Guides): Guides {
  return Object.fromEntries(
    Object.entries(guides).map(([key, guide]) => [key === '' ? parent : `${parent}.${key}`, guide]),
  );
}
