import type { ErrorDefinition } from './definition';

/** What keeps one secret, or one connector, from being kept in step. */
export const syncErrors = {
  InstallationKeyTooShort: {
    retryable: false,
    happened: 'The installation key is too short.',
    cause: 'ssakv derives its keys from at least 32 random bytes.',
    remedy:
      'Create a key of 32 bytes or more, for example with "openssl rand -base64 32", and name it in ssakv.yaml.',
  },
  ValueTooLarge: {
    retryable: false,
    happened: 'The value of this secret is too large for Azure Key Vault.',
    cause: 'Key Vault takes at most 25,000 bytes of UTF-8 for one secret.',
    remedy: 'Shorten the fields in Secret Server, or map fewer of them, for example no key file.',
  },
  FieldDoesNotCoerce: {
    retryable: false,
    happened: 'A field does not have the type that the template map asks for.',
    cause: 'A number must be a plain decimal of at most 15 digits, and a boolean must be true or false.',
    remedy: 'Correct the field in Secret Server, or set type_coerce to string in the template map.',
  },
  FileNotText: {
    retryable: false,
    happened: 'A file of this secret is not text.',
    cause: 'A value in Key Vault is text, and the bytes of this file are not valid UTF-8.',
    remedy: 'Set "encoding: base64" on this field of the template map; readers then decode it.',
  },
  MappedFieldMissing: {
    retryable: false,
    happened: 'The secret has no field that the template map names.',
    cause: 'The field was removed from the template, or renamed, after the map was checked.',
    remedy: 'Correct the name in the template map, or mark the field as optional there.',
  },
  TemplateWithoutMap: {
    retryable: false,
    happened: 'The template of this secret has no template map, so the secret is not pushed.',
    cause:
      'The secret lies in a governed folder, but neither the built-in maps nor your file cover its template.',
    remedy: 'Add a map for this template, or move the secret out of the governed folders.',
  },
  SyncDirectionsContradict: {
    retryable: false,
    happened: 'The template map and the connector allow opposite directions, so nothing can be synchronized.',
    cause: 'One of them says PushOnly and the other PullOnly.',
    remedy: 'Change sync_direction in the template map or syncMode in the connector.',
  },
  FolderUnknown: {
    retryable: false,
    happened: 'A synchronization rule names a folder that Secret Server does not show.',
    cause: 'The folder was renamed or removed, or the account of ssakv may not view it.',
    remedy: 'Correct the folder in sync_rules, or give the account View permission on it.',
  },
  SecretNotGoverned: {
    retryable: false,
    happened: 'The secret does not belong to this connector, so it was not synchronized.',
    cause:
      'It lies in no folder of the connector’s synchronization rules, or it is deactivated or does not exist.',
    remedy: 'Check the number of the secret, or move it into a governed folder.',
  },
  ScanSuperseded: {
    retryable: false,
    happened: 'A scan was overtaken by another attempt at it, so nothing may be concluded from it.',
    cause: 'The worker lost touch with Temporal for a while, and the scan was begun again elsewhere.',
    remedy: 'Nothing needs to be done: the next cycle scans again.',
  },
  SecretAccessDenied: {
    retryable: false,
    happened: 'Secret Server refuses to show this secret.',
    cause: 'The account of ssakv may list the secret but not view it, or the secret was just deactivated.',
    remedy: 'Give the account View permission on the secret or its folder.',
  },
  CheckedOut: {
    retryable: true,
    happened: 'The secret is checked out by somebody, so it was not read.',
    cause: 'Check-out gives one person the sole use of a secret until it is checked in.',
    remedy: 'Nothing needs to be done: the next cycle tries again after the check-in.',
  },
  ApprovalRequired: {
    retryable: true,
    happened: 'The secret can be read only after an approval, so it was not read.',
    cause: 'Its policy in Secret Server requires an approval for access.',
    remedy:
      'Exempt the account of ssakv from the approval, or approve its request; the next cycle tries again.',
  },
  CommentRequired: {
    retryable: true,
    happened: 'Secret Server wants a comment before it shows this secret, and the read was refused.',
    cause: 'The policy of the secret requires a comment of another form than the one ssakv gives.',
    remedy: 'Exempt the account of ssakv from the comment; the next cycle tries again.',
  },
  DoubleLocked: {
    retryable: true,
    happened: 'The secret is under a double lock, so it was not read.',
    cause: 'A double lock encrypts the secret with a password of its own, which ssakv does not have.',
    remedy: 'Remove the double lock, or move the secret out of the governed folders.',
  },
  SecretServerReadOnly: {
    retryable: true,
    happened: 'Secret Server is in read-only or maintenance mode and did not give the secret.',
    cause: 'An administrator switched the mode on, or a key rotation is running.',
    remedy: 'Nothing needs to be done: the next cycle tries again when the mode is off.',
  },
  NameInvalid: {
    retryable: false,
    happened: 'The secret cannot have a name in Azure Key Vault.',
    cause: 'A name has 1 to 127 letters, digits and hyphens, and the prefix and the number do not make one.',
    remedy: 'Correct externalSecretPrefix in the connector or external_secret_prefix in the template map.',
  },
  NameTaken: {
    retryable: false,
    happened: 'A secret of this name is already in the vault and is not ours, so nothing was written.',
    cause: 'Its tags carry no valid mark of this installation for this secret.',
    remedy: 'Remove or rename the secret in Azure, or choose another prefix.',
  },
  NameCollision: {
    retryable: false,
    happened: 'Two secrets would have the same name in the vault, so the later one was not pushed.',
    cause: 'Key Vault does not tell upper from lower case, and two connectors or maps share a prefix.',
    remedy: 'Give each connector and Secret Server its own prefix on this vault.',
  },
  NameHeldBySoftDeleted: {
    retryable: false,
    happened: 'A soft-deleted secret that is not ours holds this name, so nothing was written.',
    cause: 'Key Vault keeps the names of deleted secrets until they are purged.',
    remedy: 'Let the owner recover or purge the deleted secret, or choose another prefix.',
  },
  DisabledInKeyVault: {
    retryable: false,
    happened: 'The external secret was disabled in Azure, so it was left as it is.',
    cause: 'Somebody in Azure set it to disabled, which ssakv does not override.',
    remedy: 'Enable the secret in Azure when it may be used again; the next cycle goes on.',
  },
  TooManyTags: {
    retryable: false,
    happened: 'There is no room for our tags on this external secret, so it was not written.',
    cause: 'Key Vault allows 15 tags, and those set in Azure leave fewer places than ssakv needs.',
    remedy: 'Remove some of the tags that were set in Azure: ssakv needs 4 places at least.',
  },
  TagsKeepChanging: {
    retryable: false,
    happened:
      'Our tags on this external secret were repaired three times in a row and changed again each time.',
    cause: 'Another tool or an Azure policy writes the same tags.',
    remedy: 'Find the writer in the vault’s log and exempt tags that begin with "ss-" from it.',
  },
  RowNotYetSupported: {
    retryable: false,
    happened: 'This version of ssakv cannot settle the state of this secret, so nothing was written.',
    cause: 'The two sides differ in a way other than a new or edited secret in Secret Server.',
    remedy: 'Compare the two sides and settle it by hand; the next cycle looks again.',
  },
  UndecidedState: {
    retryable: true,
    happened: 'The state of this secret could not be decided, so nothing was written.',
    cause: 'One side changed while it was read, or its last agreed state cannot be compared any more.',
    remedy: 'The next cycle reads both sides again. If it stays, report it with the log lines of its cycle.',
  },
} as const satisfies Record<string, ErrorDefinition>;
