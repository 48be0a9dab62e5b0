import { randomUUID } from 'node:crypto';
import type { Connections } from '../../adapters/connections';
import type { CanonicalSecret } from '../../domain/canonical-values';
import type { ConnectorSettings } from '../../domain/connectors';
import type { ErrorCode } from '../../domain/errors/catalogue';
import type { SsakvError } from '../../domain/errors/ssakv-error';
import type { Fingerprints } from '../../domain/fingerprints';
import type { Tags } from '../../domain/tags';
import type { TemplateMap } from '../../domain/template-maps';
import { startOfSettling, startOfWrite, type WriteState } from '../../domain/write-protocol';
import type { PlannedPair } from '../../ledger/decisions';
import type { Intent } from '../../ledger/intents';
import type { NewestVersion } from '../../adapters/key-vault/secrets/reader';
import type { SyncServices } from '../services';

export type PresentSecret = Extract<NewestVersion, { kind: 'present' }>;

/** What one attempt at a page or a pair works with. */
export interface ApplyContext {
  readonly services: SyncServices;
  readonly connections: Connections;
  readonly settings: ConnectorSettings;
  readonly cycleId: string;
  /** Names this attempt in lease rows. */
  readonly owner: string;
}

/** The value that Secret Server holds now; it never leaves this attempt's memory except to Key Vault. */
export interface IntendedValue {
  readonly map: TemplateMap;
  readonly values: CanonicalSecret;
  readonly fingerprints: Fingerprints;
  readonly folderPath: string;
  readonly templateSlug: string;
  readonly sourceStamp: string;
  readonly syncVersion: number;
}

export interface WrittenVersion {
  readonly version: string;
  readonly updatedSeconds: number;
  readonly tags: Tags;
  /** `performance.now()` when the answer came. */
  readonly answeredAt: number;
}

/** One pair on its way through the write protocol. */
export interface PairWrite {
  readonly planned: PlannedPair;
  /** The intent's; also the correlation id of the write's calls. */
  operationId: string;
  /** Undefined while an earlier attempt's intent is being settled: then nothing new is written. */
  readonly intended: IntendedValue | undefined;
  state: WriteState;
  epoch: number;
  /** On the clock of `performance.now()`: the end of our lease. */
  leasedUntil: number;
  /** The intent that is being settled. */
  openIntent: Intent | undefined;
  newest: PresentSecret | undefined;
  written: WrittenVersion | undefined;
  /** Why nothing could be done, where the state alone does not tell. */
  error: SsakvError | undefined;
}

/** What became of one pair, as far as this attempt can tell. */
export type PairOutcome =
  | { readonly kind: 'done' }
  /** Decided for this cycle: the decision row tells state and code. */
  | { readonly kind: 'decided'; readonly state: 'failed' | 'parked' | 'held' | 'reported' | 'done' }
  /** The service asked us to slow down. */
  | { readonly kind: 'throttled'; readonly delayMs: number }
  | { readonly kind: 'again'; readonly delayMs: number; readonly code: ErrorCode };

export function startWrite(planned: PlannedPair, intended: IntendedValue): PairWrite {
  return { ...untouched(planned), operationId: randomUUID(), intended, state: startOfWrite };
}

export function startSettling(planned: PlannedPair, openIntent: Intent): PairWrite {
  return {
    ...untouched(planned),
    operationId: openIntent.operationId,
    intended: undefined,
    openIntent,
    state: startOfSettling,
  };
}

function untouched(planned: PlannedPair): Omit<PairWrite, 'operationId' | 'intended' | 'state'> {
  return {
    planned,
    epoch: 0,
    leasedUntil: 0,
    openIntent: undefined,
    newest: undefined,
    written: undefined,
    error: undefined,
  };
}
