import { sql } from 'kysely';
import type { ErrorCode } from '../domain/errors/catalogue';
import { intentColumns, intentOf, type Intent, type IntentColumns } from './intent-rows';
import { pairColumns, pairOf, type PairRow } from './pair-rows';
import type { Pair } from './pairs';
import {
  externalSecretColumns,
  externalSecretOf,
  secretColumns,
  secretOf,
  type ExternalSecretColumns,
  type SecretColumns,
} from './scan-rows';
import type { ExternalSecretRow, SecretRow } from './scans';

export type DecisionState = 'planned' | 'done' | 'held' | 'parked' | 'failed' | 'reported';

/** What a cycle decided for one secret. Only its state, code and detail change once the plan is paginated. */
export interface DecisionRow {
  /** Undefined for a secret that could not get a pair. */
  readonly pairId: number | undefined;
  readonly secretId: number;
  readonly externalName: string;
  /** The row of the table of decisions. */
  readonly row: number;
  readonly decision: string;
  readonly code: ErrorCode | undefined;
  readonly detail: string | undefined;
  /** The version that was compared. */
  readonly keyVaultVersion: string | undefined;
  readonly syncVersion: number;
  readonly state: DecisionState;
}

/**
 * Whether the decision `d` is something that a person should know about. One without a code was only left to the next
 * cycle, for example because another one was at work on the pair.
 */
export const isProblem = sql`
  d.state in ('held', 'parked', 'failed', 'reported') and d.code is not null and d.decision <> 'none'`;

/** A planned decision with everything its application needs to know. */
export interface PlannedPair {
  readonly decision: DecisionRow;
  readonly pair: Pair;
  readonly secret: SecretRow | undefined;
  readonly external: ExternalSecretRow | undefined;
  readonly openIntent: Intent | undefined;
}

/** A decision `d` as its columns. */
export interface DecisionColumns {
  d_pair_id: number | null;
  d_secret_id: number;
  d_external_name: string;
  d_row: number;
  d_decision: string;
  d_code: ErrorCode | null;
  d_detail: string | null;
  d_key_vault_version: string | null;
  d_sync_version: number;
  d_state: DecisionState;
}

/** The columns of a decision `d`. */
export const decisionColumns = sql`
  d.pair_id as d_pair_id, d.secret_id as d_secret_id, d.external_name as d_external_name, d.row_number as d_row,
  d.decision as d_decision, d.code as d_code, d.detail as d_detail, d.key_vault_version as d_key_vault_version,
  d.sync_version as d_sync_version, d.state as d_state`;

/** A row of plannedRows. */
export type PlannedRow = DecisionColumns & PairRow & SecretColumns & ExternalSecretColumns & IntentColumns;

/**
 * Decisions with what belongs to them. Rows of both sides count as in the plan: only where the cycle's completed scans saw
 * them.
 */
export const plannedRows = sql`
  select ${decisionColumns}, ${pairColumns}, ${secretColumns}, ${externalSecretColumns}, ${intentColumns}
  from decision d
  join pair p on p.id = d.pair_id
  left join lease l on l.key = 'pair:' || p.id
  left join scan ss on ss.cycle_id = d.cycle_id and ss.side = 'secretServer' and ss.completed_at is not null
  left join scan kv on kv.cycle_id = d.cycle_id and kv.side = 'keyVault' and kv.completed_at is not null
  left join secret s on s.connector = p.connector and s.secret_id = p.secret_id and s.generation >= ss.generation
  left join external_secret e on e.connector = p.connector and e.folded_name = p.folded_name
    and e.generation >= kv.generation
  left join intent i on i.pair_id = p.id and i.closed_at is null`;

/** A row of plannedRows with everything its application needs to know. */
export function plannedPair(row: PlannedRow): PlannedPair {
  return {
    decision: decisionOf(row),
    pair: pairOf(row),
    secret: secretOf(row),
    external: externalSecretOf(row),
    openIntent: intentOf(row),
  };
}

/** A row of decisionColumns as a decision. */
export function decisionOf(row: DecisionColumns): DecisionRow {
  return {
    pairId: row.d_pair_id ?? undefined,
    secretId: row.d_secret_id,
    externalName: row.d_external_name,
    row: row.d_row,
    decision: row.d_decision,
    code: row.d_code ?? undefined,
    detail: row.d_detail ?? undefined,
    keyVaultVersion: row.d_key_vault_version ?? undefined,
    syncVersion: row.d_sync_version,
    state: row.d_state,
  };
}
