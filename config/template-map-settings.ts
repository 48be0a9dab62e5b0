import type { ConflictResolution } from '../domain/connectors';
import type { SyncMode } from '../domain/sync-modes';
import type { ConflictResolutionBlock, SyncRule, TemplateMap } from '../domain/template-maps';
import { builtInMaps } from './built-in-maps';
import type { ConfigDocument } from './documents';
import { omitUndefined } from './omit-undefined';
import type { Problem, SettingPath } from './problems';
import type { ConflictResolutionEntry, TemplateMapEntry, TemplateMapsFile } from './template-map-schema';

/** What the maps of one connector depend on. */
export interface MapContext {
  readonly displayName: string;
  readonly syncMode: SyncMode;
  readonly conflictResolution: ConflictResolution;
}

export interface MapSettings {
  readonly templateMaps: readonly TemplateMap[];
  readonly conflictBlock?: ConflictResolutionBlock;
  readonly syncRules: readonly SyncRule[];
}

const directionOf = { bidirectional: 'Bidirectional', push_only: 'PushOnly', pull_only: 'PullOnly' } as const;

interface Numbered {
  readonly entry: TemplateMapEntry;
  readonly index: number;
}

/**
 * The maps and rules of one connector: those of the file that name it or no connector at all, then the built-in ones
 * for templates that the file does not map. Each map's `syncDirection` is already the narrower of its own and the
 * connector's.
 */
export function mapsForConnector(file: TemplateMapsFile, context: MapContext): MapSettings {
  const own = mapsOf(file, context.displayName).map(({ entry }) => toTemplateMap(entry, context));
  const mapped = new Set(own.map((map) => map.ssTemplate.toLowerCase()));
  const builtIn = builtInMaps
    .filter((map) => !mapped.has(map.ssTemplate.toLowerCase()))
    .map((map) => ({ ...map, syncDirection: context.syncMode }));
  const rules = file.sync_rules.filter(
    (rule) => (rule.external_vault ?? context.displayName) === context.displayName,
  );
  return omitUndefined({
    templateMaps: [...own, ...builtIn],
    conflictBlock: toConflictBlock(file.conflict_resolution, context),
    syncRules: rules.map((rule) => ({ folder: rule.folder, includeSubfolders: rule.include_subfolders })),
  });
}

/** What is wrong between the maps of one connector, or between them and the connector. */
export function mapProblems(
  file: TemplateMapsFile,
  document: ConfigDocument,
  context: MapContext,
): readonly Problem[] {
  const maps = mapsOf(file, context.displayName);
  const problem = (path: SettingPath, words: Omit<Problem, 'file' | 'line' | 'path'>): Problem => {
    const full = ['external_vault_template_maps', ...path];
    return { file: document.file, line: document.lineOf(full), path: full, ...words };
  };
  return maps.flatMap(({ entry, index }) => [
    ...repeatedTemplate(maps, entry, index).map((words) => problem([index, 'ss_template'], words)),
    ...contradictingDirection(entry, context).map((words) => problem([index, 'sync_direction'], words)),
    ...repeatedFields(entry, context).map((position) =>
      problem([index, 'field_map', position, 'ss_field'], {
        code: 'ConfigurationInvalid',
        found: 'a field that another mapping of this map has',
        expected: 'each ss_field once, unless the direction is push_only',
      }),
    ),
  ]);
}

function mapsOf(file: TemplateMapsFile, displayName: string): readonly Numbered[] {
  return file.external_vault_template_maps
    .map((entry, index) => ({ entry, index }))
    .filter(({ entry }) => (entry.external_vault ?? displayName) === displayName);
}

function toTemplateMap(entry: TemplateMapEntry, context: MapContext): TemplateMap {
  return omitUndefined({
    ssTemplate: entry.ss_template,
    origin: 'file' as const,
    externalSecretPrefix: entry.external_secret_prefix,
    syncDirection: effectiveDirection(entry, context.syncMode),
    contentType: entry.content_type,
    fieldMap: entry.field_map.map((mapping) =>
      omitUndefined({
        ssField: mapping.ss_field,
        akvKey: mapping.akv_key,
        sensitive: mapping.sensitive,
        typeCoerce: mapping.type_coerce,
        encoding: mapping.encoding,
        optional: mapping.optional,
      }),
    ),
    externalSecretTags: entry.external_secret_tags,
    conflictBlock: toConflictBlock(entry.conflict_resolution, context),
  });
}

/** The connector bounds its maps: a bidirectional map on a PushOnly connector pushes only. */
function effectiveDirection(entry: TemplateMapEntry, connector: SyncMode): SyncMode {
  const own = entry.sync_direction === undefined ? connector : directionOf[entry.sync_direction];
  return connector === 'Bidirectional' ? own : connector;
}

/** Where the block leaves out the default authority, the connector's `conflictResolution` says it. */
function toConflictBlock(
  block: ConflictResolutionEntry | undefined,
  { conflictResolution }: MapContext,
): ConflictResolutionBlock | undefined {
  if (block === undefined) return undefined;
  const fallback = conflictResolution === 'AzureWins' ? 'azure_key_vault' : 'secret_server';
  return omitUndefined({
    defaultAuthority: block.default_authority ?? fallback,
    mergeEnabled: block.merge_enabled,
    sensitiveFieldWinner: block.sensitive_field_winner,
    infraFieldWinner: block.infra_field_winner,
    unresolvableAction: block.unresolvable_action,
    alertChannel: block.alert_channel,
  });
}

type Words = Omit<Problem, 'file' | 'line' | 'path'>;

function repeatedTemplate(maps: readonly Numbered[], entry: TemplateMapEntry, index: number): Words[] {
  const name = entry.ss_template.toLowerCase();
  const first = maps.find((each) => each.entry.ss_template.toLowerCase() === name);
  if (first === undefined || first.index === index) return [];
  const found = `a second map for the template of external_vault_template_maps[${first.index}]`;
  return [{ code: 'TwoMapsForOneTemplate', found, expected: 'one map for each template and connector' }];
}

function contradictingDirection(entry: TemplateMapEntry, { syncMode }: MapContext): Words[] {
  if (entry.sync_direction === undefined || syncMode === 'Bidirectional') return [];
  const own = directionOf[entry.sync_direction];
  if (own === 'Bidirectional' || own === syncMode) return [];
  const found = `${entry.sync_direction} on a connector with syncMode ${syncMode}`;
  return [{ code: 'ConfigurationInvalid', found, expected: 'a direction that the connector has' }];
}

/** A pull could not tell which of two keys holds the field's new value. */
function repeatedFields(entry: TemplateMapEntry, { syncMode }: MapContext): number[] {
  if (effectiveDirection(entry, syncMode) === 'PushOnly') return [];
  const names = entry.field_map.map((mapping) => mapping.ss_field.toLowerCase());
  return names.flatMap((name, position) => (names.indexOf(name) < position ? [position] : []));
}
