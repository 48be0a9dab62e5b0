import type { ErrorDefinition } from './definition';

const seeReference = 'docs/configuration.md lists every key with its meaning, limits and an example.';

/** What can be wrong with the files a person writes. Source: docs/configuration.md. */
export const configurationErrors = {
  ConfigurationInvalid: {
    retryable: false,
    happened: 'The configuration was refused.',
    cause: 'At least one setting does not have the form that ssakv expects, so nothing was changed.',
    remedy: `Correct the lines named above and run the command again; ${seeReference}`,
  },
  ConfigurationFileUnreadable: {
    retryable: false,
    happened: 'A configuration file could not be read.',
    cause: 'The file is missing, is not readable for this user, or is larger than one mebibyte.',
    remedy: 'Check the path and the permissions, or copy a starting point from the folder `examples`.',
  },
  LiteralSecretRefused: {
    retryable: false,
    happened: 'A configuration file holds what looks like a secret value; it is not repeated here.',
    cause:
      'Configuration files are copied, reviewed and stored in the ledger, so ssakv takes credentials only by reference.',
    remedy:
      'Put the value into a file or an environment variable, refer to it with {"file": "…"} or {"env": "…"}, and replace the value, since it has been written down.',
  },
  PlainHttpRefused: {
    retryable: false,
    happened: 'A URL without encryption was refused.',
    cause:
      'Secret values and tokens travel over this connection, and http:// is accepted for loopback addresses only.',
    remedy:
      'Use https://, with `caFile` (or `ca_file`) if the server has a certificate of a private authority.',
  },
  VaultUrlDoesNotFitCloud: {
    retryable: false,
    happened: 'The Key Vault URL does not belong to the configured cloud.',
    cause:
      'Each Azure cloud has its own vault domain, and a token for one of them must not be sent to another host.',
    remedy:
      'Correct `keyVaultUrl`, or set `cloud` to public, usGovernment, china, or an object for a custom cloud.',
  },
  OptionNotSupportedYet: {
    retryable: false,
    happened: 'A setting was refused because this version of ssakv does not support it yet.',
    cause: 'ssakv does not accept a setting that would have no effect.',
    remedy: 'Remove the setting; CHANGELOG.md tells in which version it arrives.',
  },
  TagsRequiredUnlessPushOnly: {
    retryable: false,
    happened: '`autoTagExternalSecrets` cannot be false with this syncMode.',
    cause:
      'Without tags an external secret cannot be recognised in Key Vault, so ownership stands in the ledger alone and nothing can be pulled.',
    remedy: 'Set `autoTagExternalSecrets` to true, or `syncMode` to PushOnly.',
  },
  ConflictSettingsContradict: {
    retryable: false,
    happened: 'The conflict settings contradict the direction of the synchronisation.',
    cause: 'A side that is never read cannot win a conflict.',
    remedy:
      'Use SecretServerWins with PushOnly, AzureWins with PullOnly, or make the direction bidirectional.',
  },
  TwoConflictBlocks: {
    retryable: false,
    happened: 'There are two conflict_resolution blocks for the same template maps.',
    cause: 'It would be a guess which of the two is meant.',
    remedy: 'Keep one block for each map, and one beside `external_vault_template_maps` for all others.',
  },
  TwoMapsForOneTemplate: {
    retryable: false,
    happened: 'Two template maps name the same Secret Server template for one connector.',
    cause: 'A secret has one external secret in a vault, so one map must decide its form.',
    remedy: 'Merge the two maps, or give each its own connector by `external_vault`.',
  },
  UnknownSecretServer: {
    retryable: false,
    happened: 'The connector does not say clearly which Secret Server it belongs to.',
    cause:
      'The name is not in secret-servers.yaml, or the file has several servers and the connector names none.',
    remedy: 'Set `secretServer` in the connector to a `name` of secret-servers.yaml.',
  },
  NotAllowed: {
    retryable: false,
    happened: 'The connector names something that this installation does not allow.',
    cause:
      'Vaults, folders and credentials must stand in the allow-lists of ssakv.yaml, so that whoever may start a workflow reaches no further.',
    remedy:
      'Have whoever administers this installation add the named line to `allow` in ssakv.yaml and restart the workers.',
  },
  NoFolderGoverned: {
    retryable: false,
    happened: 'The connector governs no folder of Secret Server.',
    cause: 'No sync rule names a folder for it, and ssakv does not synchronise everything by default.',
    remedy: 'Add an entry with `folder` to `sync_rules` in template-maps.yaml.',
  },
  TemplateNotFound: {
    retryable: false,
    happened: 'A template map names a template that Secret Server does not have.',
    cause: 'The name is misspelt, the template was renamed, or the account of ssakv may not see it.',
    remedy: 'Write the name exactly as Secret Server shows it under Admin, Secret Templates.',
  },
  TemplateFieldNotFound: {
    retryable: false,
    happened: 'A template map names a field that its template does not have.',
    cause: 'The field is misspelt or was renamed in Secret Server.',
    remedy:
      'Use the display name or the slug of the field, or mark the mapping `optional: true` if not every server has it.',
  },
  TemplateFieldUnfit: {
    retryable: false,
    happened: 'A template map treats a field as something it is not.',
    cause: 'Only a file field has bytes to encode, and a file cannot become a number or a boolean.',
    remedy: 'Remove `encoding` from a text field, or `type_coerce` from a file field.',
  },
} as const satisfies Record<string, ErrorDefinition>;
