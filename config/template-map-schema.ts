import { contentTypeLengthLimit } from '../domain/limits';
import { z } from 'zod';
import { displayNamePattern, prefixPattern } from './connector-schema';
import { addRuleIssue, text } from './rules';

export const directions = ['bidirectional', 'push_only', 'pull_only'] as const;
export const authorities = ['secret_server', 'azure_key_vault'] as const;
export const coercions = ['string', 'number', 'boolean'] as const;
export const encodings = ['utf8', 'base64'] as const;
export const extraKeys = ['preserve', 'drop', 'case'] as const;

/**
 * Tags that ssakv computes for each external secret. `ss-managed` and `ss-template` may stand in a map, as the
 * connector guide's example has them.
 */
const computedTags = [
  'ss-secret-id',
  'ss-folder-path',
  'ss-sync-version',
  'ss-last-synced',
  'ss-connector-id',
  'ss-operation-id',
  'ss-conflict-overwritten',
  'ss-decommissioned',
  'ss-deleted-at',
];

/** Key Vault takes 15 tags an object, and eight are ssakv's own. Source: Key Vault docs, "About secrets". */
const maximumMapTags = 15 - 8;

const controlCharacters = /^[^\p{Cc}]+$/u;
/** Path with forward slashes and no slash at either end. Secret Server itself writes `\A\B`. */
const folder = /^[^\\/\p{Cc}]+(\/[^\\/\p{Cc}]+)*$/u;

const conflictResolution = z.strictObject({
  default_authority: z.enum(authorities).optional(),
  merge_enabled: z.boolean().default(true),
  sensitive_field_winner: z.enum(authorities).default('secret_server'),
  infra_field_winner: z.enum(authorities).default('azure_key_vault'),
  unresolvable_action: z.enum(['quarantine_and_alert']).default('quarantine_and_alert'),
  alert_channel: text(controlCharacters).max(128).optional(),
});

const fieldMapping = z
  .strictObject({
    ss_field: text(controlCharacters).max(250),
    akv_key: text(controlCharacters)
      .max(128)
      .refine((key) => key !== '__proto__'),
    sensitive: z.boolean().optional(),
    type_coerce: z.enum(coercions).default('string'),
    encoding: z.enum(encodings).default('utf8'),
    optional: z.boolean().default(false),
  })
  .superRefine((mapping, context) => {
    if (mapping.encoding === 'base64' && mapping.type_coerce !== 'string') {
      const expected = 'string, because base64 text is neither a number nor a boolean';
      addRuleIssue(context, { path: ['type_coerce'], expected });
    }
  });

const tags = z.record(z.string().min(1).max(256), z.string().max(256)).superRefine(checkTags);

const templateMap = z.strictObject({
  ss_template: text(controlCharacters).max(250),
  external_vault: text(displayNamePattern).optional(),
  external_secret_prefix: text(prefixPattern).optional(),
  sync_direction: z.enum(directions).optional(),
  content_type: text(controlCharacters).max(contentTypeLengthLimit).default('application/json'),
  field_map: z.array(fieldMapping).min(1).max(200).superRefine(checkFieldMap),
  external_secret_tags: tags.default({}),
  conflict_resolution: conflictResolution.optional(),
  extra_keys: z
    .enum(extraKeys)
    .default('preserve')
    .superRefine((value, context) => {
      if (value !== 'preserve')
        addRuleIssue(context, { code: 'OptionNotSupportedYet', expected: 'preserve' });
    }),
});

const syncRule = z.strictObject({
  external_vault: text(displayNamePattern).optional(),
  folder: text(folder).max(2000),
  include_subfolders: z.boolean().default(true),
});

/** template-maps.yaml as written. */
export const templateMapsSchema = z.strictObject({
  external_vault_template_maps: z.array(templateMap).max(1000).default([]),
  conflict_resolution: conflictResolution.optional(),
  sync_rules: z.array(syncRule).max(1000).default([]),
});

export type TemplateMapsFile = z.infer<typeof templateMapsSchema>;
export type TemplateMapEntry = TemplateMapsFile['external_vault_template_maps'][number];
export type ConflictResolutionEntry = z.infer<typeof conflictResolution>;

/** Settled keys whose behaviour arrives with a later version. */
export const templateMapsNotYet: readonly string[] = [
  'external_vault_template_maps[].line_endings',
  'external_vault_template_maps[].pull_target',
];

/** Names of tags are free text. */
export const templateMapsFreeNames: readonly string[] = [
  'external_vault_template_maps[].external_secret_tags',
];

function checkFieldMap(
  mappings: readonly { readonly akv_key: string }[],
  context: z.core.$RefinementCtx,
): void {
  const seen = new Set<string>();
  for (const [index, mapping] of mappings.entries()) {
    if (seen.has(mapping.akv_key)) {
      addRuleIssue(context, {
        path: [index, 'akv_key'],
        found: 'the same key a second time',
        expected: 'each akv_key once',
      });
    }
    seen.add(mapping.akv_key);
  }
}

function checkTags(values: Readonly<Record<string, string>>, context: z.core.$RefinementCtx): void {
  const own = Object.keys(values).filter((name) => name !== 'ss-managed' && name !== 'ss-template');
  if (own.length > maximumMapTags) {
    const expected = `at most ${maximumMapTags}, since Key Vault takes 15 tags and ssakv writes eight`;
    addRuleIssue(context, { found: `${own.length} tags`, expected });
  }
  for (const name of own.filter((each) => computedTags.includes(each.toLowerCase()))) {
    addRuleIssue(context, { path: [name], expected: 'no such tag: ssakv computes it for each secret' });
  }
  if ((values['ss-managed'] ?? 'true') !== 'true') {
    addRuleIssue(context, { path: ['ss-managed'], expected: '"true": without it nothing is ever pulled' });
  }
}
