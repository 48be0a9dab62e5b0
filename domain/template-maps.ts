import type { SyncMode } from './sync-modes';

/** Which JSON type a field's text becomes in Key Vault. */
export type TypeCoercion = 'string' | 'number' | 'boolean';

/** One field of a Secret Server template and the JSON key it becomes. */
export interface FieldMapping {
  /** Display name or slug of the template's field, as the person wrote it. Matched without regard to case. */
  readonly ssField: string;
  readonly akvKey: string;
  /** true: Secret Server governs it; false: Azure does; undefined: unmarked (a password field then counts as true). */
  readonly sensitive?: boolean;
  readonly typeCoerce: TypeCoercion;
  /** How a file's bytes become text. A file that is not UTF-8 needs `base64`. */
  readonly encoding: 'utf8' | 'base64';
  /** An absent field of the template is an error unless this is set. */
  readonly optional: boolean;
}

export interface ConflictResolutionBlock {
  readonly defaultAuthority: 'secret_server' | 'azure_key_vault';
  readonly mergeEnabled: boolean;
  readonly sensitiveFieldWinner: 'secret_server' | 'azure_key_vault';
  readonly infraFieldWinner: 'secret_server' | 'azure_key_vault';
  readonly unresolvableAction: 'quarantine_and_alert';
  readonly alertChannel?: string;
}

/** One entry of `external_vault_template_maps`, or a built-in map. */
export interface TemplateMap {
  /** The template's name in Secret Server. */
  readonly ssTemplate: string;
  readonly origin: 'built-in' | 'file';
  /** Overrides the connector's prefix. */
  readonly externalSecretPrefix?: string;
  readonly syncDirection: SyncMode;
  readonly contentType: string;
  /** In the order in which the keys stand in the JSON value. */
  readonly fieldMap: readonly FieldMapping[];
  /** Tags every external secret of this template gets, beside the seven of ssakv. May override `ss-template`. */
  readonly externalSecretTags: Readonly<Record<string, string>>;
  readonly conflictBlock?: ConflictResolutionBlock;
}

/** Which folders a connector governs. */
export interface SyncRule {
  /** Folder path with forward slashes, no leading slash, e.g. `Production/Oracle`. Matched without regard to case. */
  readonly folder: string;
  readonly includeSubfolders: boolean;
}
