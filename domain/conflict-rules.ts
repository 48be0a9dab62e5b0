import type { ConnectorSettings } from './connectors';
import type { ConflictResolutionBlock, FieldMapping, TemplateMap } from './template-maps';

type Authority = ConflictResolutionBlock['defaultAuthority'];

/** What happens to one key that both sides changed to different values. */
export interface KeyConflictRule {
  readonly ssTemplate: string;
  readonly akvKey: string;
  readonly outcome: Authority | 'case';
  /** In words: which setting decides, and where it stands. */
  readonly because: string;
}

/**
 * The conflict rule in force for each map and key when both sides changed the key (row 7 of the decision table).
 *
 * In this order: a direction of one way has no conflicts; a map's own block overrides the connector, `Manual`
 * included; then the connector's `Manual`; then the block beside the maps; then `conflictResolution` with the
 * defaults of a block. A password field without `sensitive` counts as sensitive, which only the template tells:
 * `isPassword` is asked for it. Source: docs/configuration.md#conflict-settings.
 */
export function explainConflictRules(
  settings: Pick<ConnectorSettings, 'conflictResolution' | 'conflictBlock' | 'templateMaps'>,
  isPassword: (map: TemplateMap, field: FieldMapping) => boolean = () => false,
): readonly KeyConflictRule[] {
  return settings.templateMaps.flatMap((map) =>
    map.fieldMap.map((field) => ({
      ssTemplate: map.ssTemplate,
      akvKey: field.akvKey,
      ...ruleForKey(settings, map, field, isPassword(map, field)),
    })),
  );
}

type Rule = Pick<KeyConflictRule, 'outcome' | 'because'>;

function ruleForKey(
  settings: Pick<ConnectorSettings, 'conflictResolution' | 'conflictBlock'>,
  map: TemplateMap,
  field: FieldMapping,
  isPassword: boolean,
): Rule {
  if (map.syncDirection === 'PushOnly')
    return { outcome: 'secret_server', because: 'the direction is push only' };
  if (map.syncDirection === 'PullOnly')
    return { outcome: 'azure_key_vault', because: 'the direction is pull only' };
  if (map.conflictBlock !== undefined) {
    return ruleOfBlock(map.conflictBlock, "the map's conflict_resolution", field, isPassword);
  }
  if (settings.conflictResolution === 'Manual')
    return { outcome: 'case', because: 'conflictResolution is Manual' };
  if (settings.conflictBlock !== undefined) {
    return ruleOfBlock(settings.conflictBlock, 'conflict_resolution beside the maps', field, isPassword);
  }
  return ruleOfBlock(defaultBlock(settings.conflictResolution), 'default', field, isPassword);
}

function ruleOfBlock(
  block: ConflictResolutionBlock,
  source: string,
  field: FieldMapping,
  isPassword: boolean,
): Rule {
  const outcome = (authority: Authority, words: string): Rule => ({
    outcome: authority,
    because: `${words} (${source})`,
  });
  if (!block.mergeEnabled)
    return outcome(block.defaultAuthority, 'merge_enabled is false, so default_authority takes all');
  const sensitive = field.sensitive ?? (isPassword ? true : undefined);
  switch (sensitive) {
    case true:
      return outcome(block.sensitiveFieldWinner, 'sensitive, so sensitive_field_winner');
    case false:
      return outcome(block.infraFieldWinner, 'not sensitive, so infra_field_winner');
    case undefined:
      return outcome(block.defaultAuthority, 'unmarked, so default_authority');
  }
}

/** The block in force where none is written: the connector's word for unmarked keys, each side for its own kind. */
function defaultBlock(resolution: ConnectorSettings['conflictResolution']): ConflictResolutionBlock {
  return {
    defaultAuthority: resolution === 'AzureWins' ? 'azure_key_vault' : 'secret_server',
    mergeEnabled: true,
    sensitiveFieldWinner: 'secret_server',
    infraFieldWinner: 'azure_key_vault',
    unresolvableAction: 'quarantine_and_alert',
  };
}
