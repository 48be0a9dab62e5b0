import type { ErrorDefinition } from './definition';

export const ledgerErrors = {
  LedgerUnavailable: {
    retryable: true,
    happened: 'The ledger database could not be reached.',
    cause: 'The database is down, is starting, or refuses more connections, or the network to it is cut.',
    remedy:
      'Check that the database of `ledger.url` in ssakv.yaml runs and takes connections; ssakv tries again by itself.',
  },
  LedgerBusy: {
    retryable: true,
    happened: 'The ledger database broke off a transaction so that another one could finish.',
    cause:
      'Two transactions wanted the same rows in a different order, or one waited too long for the other.',
    remedy: 'Nothing has to be done: nothing was recorded and ssakv tries again.',
  },
  LedgerRefused: {
    retryable: false,
    happened: 'The ledger database refused to let ssakv in.',
    cause:
      'The user name, the password or the database name in `ledger` of ssakv.yaml is not right, or the role lacks rights.',
    remedy: 'Correct `ledger.url` or the password it refers to, or grant the role rights on the database.',
  },
  LedgerStatementFailed: {
    retryable: false,
    happened: 'The ledger database did not accept a statement.',
    cause:
      'The data break a rule of the ledger, or the database has another schema than this version of ssakv expects.',
    remedy:
      'Run `ssakv ledger migrate`, and report the SQLSTATE named here with the version of ssakv if it happens again.',
  },
  LedgerNotMigrated: {
    retryable: false,
    happened: 'The ledger database has not the schema that this version of ssakv needs.',
    cause: 'The migrations of this version have not been applied to this database.',
    remedy: 'Run `ssakv ledger migrate` (or `ssakv setup`) once with this version, then start again.',
  },
  LedgerNewerThanProgram: {
    retryable: false,
    happened: 'The ledger database was migrated by a newer version of ssakv.',
    cause: 'An older version of ssakv was started on a database that a newer one has already changed.',
    remedy: 'Start the newer version, or restore the backup of the database from before the upgrade.',
  },
  InstallationMismatch: {
    retryable: false,
    happened: 'The ledger belongs to another installation, or was made with another installation key.',
    cause:
      '`installation.id` or `installation.key` in ssakv.yaml differs from what the ledger was created with.',
    remedy:
      'Put back the id and the key this ledger was made with, or point `ledger.url` at the right database.',
  },
  ConnectorUnknown: {
    retryable: false,
    happened: 'The ledger knows no connector of that name.',
    cause: 'The connector was never applied to this installation, or its name is spelled differently.',
    remedy:
      'Run `ssakv connector list` to see the names, or apply the connector with `ssakv connector apply`.',
  },
  ConnectorImmutable: {
    retryable: false,
    happened: 'A setting of a connector that can never change was changed.',
    cause: 'The vault of a connector is fixed once it has pairs: its external secrets live there.',
    remedy: 'Put back the former vault, or apply the new one under another `displayName`.',
  },
  PairUnknown: {
    retryable: false,
    happened: 'No secret of that number or name is kept in step.',
    cause:
      'It is not in a governed folder, no template map fits it, no cycle has met it yet, or it is spelled differently.',
    remedy: 'Run `ssakv secret list` to see the names, or `ssakv sync run` to see what a cycle says of it.',
  },
  CycleUnknown: {
    retryable: false,
    happened: 'The ledger knows no cycle of that id.',
    cause: 'The cycle was never opened in this ledger, or the ledger was restored from an older backup.',
    remedy: 'Start a new cycle of the connector.',
  },
  LedgerDirectoryInUse: {
    retryable: false,
    happened: 'The folder of the embedded ledger is served by another process.',
    cause: 'Another ssakv runs on the same data directory; two servers on one database would destroy it.',
    remedy: 'Stop the other one, or give this one a data directory of its own with `--data-dir`.',
  },
  LedgerDirectoryUnusable: {
    retryable: false,
    happened: 'The embedded ledger could not make or open its folder.',
    cause:
      'The data directory cannot be written, the disk is full, or memory is short (about 600 MB for the first start).',
    remedy: 'Make the folder writable or free some space and memory, then start again.',
  },
  LedgerPortInUse: {
    retryable: false,
    happened: 'The embedded ledger could not listen on its port.',
    cause: 'Another program uses the port on the loopback interface.',
    remedy: 'Stop that program, or choose another port.',
  },
  LedgerServerBroken: {
    retryable: true,
    happened: 'The embedded ledger stopped because its database engine failed.',
    cause: 'Its files are damaged or unreadable, or the process ran out of memory.',
    remedy: 'Start again; if it happens again, restore the data directory from a backup or use PostgreSQL.',
  },
} as const satisfies Record<string, ErrorDefinition>;
