import { sql } from 'kysely';
import type { Fingerprints } from '../domain/fingerprints';

/** The committed record of a write of a value that is about to happen, or whose outcome is not known yet. */
export interface Intent {
  /** A UUID; also the write's correlation id. */
  readonly operationId: string;
  readonly pairId: number;
  /** The epoch that the write's mark carries. */
  readonly epoch: number;
  readonly cycleId: string;
  /** The version expected to be current before the write; undefined when none was expected. */
  readonly expectedVersion: string | undefined;
  readonly intendedFingerprints: Fingerprints;
  readonly intendedSyncVersion: number;
  readonly sourceStamp: string;
  readonly settleAfter: Date;
  /** By the database's clock; 0 once the outcome may be concluded. */
  readonly remainingSettleMs: number;
}

/** Null in all members where an outer join found no row. */
export interface IntentColumns {
  i_operation_id: string | null;
  i_pair_id: number;
  i_epoch: string;
  i_cycle_id: string;
  i_expected_version: string | null;
  i_intended_fingerprints: Record<string, string>;
  i_intended_sync_version: number;
  i_source_stamp: string;
  i_settle_after: Date;
  i_remaining_ms: number;
}

/** The columns of an intent `i`. */
export const intentColumns = sql`
  i.operation_id as i_operation_id, i.pair_id as i_pair_id, i.epoch as i_epoch, i.cycle_id as i_cycle_id,
  i.expected_version as i_expected_version, i.intended_fingerprints as i_intended_fingerprints,
  i.intended_sync_version as i_intended_sync_version, i.source_stamp as i_source_stamp,
  i.settle_after as i_settle_after,
  greatest(0, ceil(extract(epoch from i.settle_after - clock_timestamp()) * 1000))::float8 as i_remaining_ms`;

/** A row of intentColumns as an intent, or undefined where the join found none. */
export function intentOf(row: IntentColumns): Intent | undefined {
  if (row.i_operation_id === null) return undefined;
  return {
    operationId: row.i_operation_id,
    pairId: row.i_pair_id,
    epoch: Number(row.i_epoch),
    cycleId: row.i_cycle_id,
    expectedVersion: row.i_expected_version ?? undefined,
    intendedFingerprints: row.i_intended_fingerprints,
    intendedSyncVersion: row.i_intended_sync_version,
    sourceStamp: row.i_source_stamp,
    settleAfter: row.i_settle_after,
    remainingSettleMs: row.i_remaining_ms,
  };
}
