import type { ColumnType, Generated, Kysely, Transaction } from 'kysely';
import type { ConnectorSettings, ConnectorState } from '../domain/connectors';

/** PostgreSQL bigint: comes back as text, because a JavaScript number is exact only up to 2^53. */
type BigInteger = ColumnType<string, number | string, number | string>;
type Timestamp = ColumnType<Date, Date | string, Date | string>;
type Json<T> = ColumnType<T, string, string>;

interface InstallationTable {
  only_row: Generated<boolean>;
  installation_id: string;
  key_id: string;
}

interface ConnectorTable {
  name: string;
  vault_url: string;
  secret_server: string;
  state: ConnectorState;
  state_reason: string | null;
  version: number;
  settings: Json<ConnectorSettings>;
  applied_by: string;
  applied_at: Generated<Timestamp>;
}

interface LeaseTable {
  key: string;
  owner: string | null;
  owner_workflow_id: string | null;
  epoch: BigInteger;
  expires_at: Timestamp;
}

interface CycleTable {
  id: string;
  connector: string;
  kind: string;
  dry_run: boolean;
  workflow_id: string;
  run_id: string;
  opened_at: Generated<Timestamp>;
  closed_at: Timestamp | null;
  outcome: string | null;
  counts: Json<Record<string, number>>;
  plan_hash: string | null;
  plan_pages: number | null;
  plan_page_size: number | null;
}

interface PendingChangeTable {
  connector: string;
  secret_id: number;
  source: string;
  noted_at: Timestamp;
}

interface AuditHeadTable {
  connector: string;
  sequence: BigInteger;
  mac: string;
}

/**
 * The tables that are reached through the query builder. Set-based statements are written as SQL, where the row type
 * stands beside the statement.
 */
export interface LedgerSchema {
  installation: InstallationTable;
  connector: ConnectorTable;
  lease: LeaseTable;
  cycle: CycleTable;
  pending_change: PendingChangeTable;
  audit_head: AuditHeadTable;
}

export type LedgerDatabase = Kysely<LedgerSchema>;
export type LedgerTransaction = Transaction<LedgerSchema>;
