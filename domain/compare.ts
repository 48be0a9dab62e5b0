import type { SecretProblem } from './canonical-values';
import type { SyncMode } from './sync-modes';
import type { ErrorCode } from './errors/catalogue';
import { compareFingerprints, type Fingerprints } from './fingerprints';
import type { MarkReading } from './ownership-marks';

/** Why Secret Server does not give a secret now although it exists. */
export type ParkReason =
  'CheckedOut' | 'ApprovalRequired' | 'CommentRequired' | 'DoubleLocked' | 'ReadOnlyMode';

export type SecretServerSide =
  | { readonly kind: 'present'; readonly fingerprints: Fingerprints }
  /** A create without a base: the value is read when it is written. */
  | { readonly kind: 'unread' }
  | { readonly kind: 'parked'; readonly reason: ParkReason }
  | { readonly kind: 'gone' }
  /** The value cannot be pushed, or the secret cannot be read. At least one problem. */
  | { readonly kind: 'invalid'; readonly problems: readonly SecretProblem[] };

export type KeyVaultSide =
  /** The LIST shows exactly what the base knows; the value was not read. */
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'present';
      readonly version: string;
      readonly fingerprints: Fingerprints;
      readonly mark: MarkReading;
      /** Our own write that landed after it had been given up; nobody in Azure changed anything. */
      readonly ownLateWrite: boolean;
    }
  | { readonly kind: 'presentNotOurFormat'; readonly version: string; readonly mark: MarkReading }
  | { readonly kind: 'disabled'; readonly mark: MarkReading }
  | { readonly kind: 'absent' }
  | { readonly kind: 'softDeleted'; readonly mark: MarkReading };

export type Decision =
  | { readonly kind: 'settle'; readonly row: 0 }
  | { readonly kind: 'create'; readonly row: 1 }
  | { readonly kind: 'none'; readonly row: 2 }
  | { readonly kind: 'repairTags'; readonly row: 2 }
  | { readonly kind: 'push'; readonly row: 3; readonly changedKeys: readonly string[] }
  /** Both sides agree; only the base moves and no value is written. */
  | { readonly kind: 'rebase'; readonly row: 2 | 5 }
  | { readonly kind: 'hold'; readonly row: 12 | 13; readonly code: ErrorCode }
  | { readonly kind: 'park'; readonly row: 15; readonly code: ErrorCode }
  | { readonly kind: 'fail'; readonly code: ErrorCode; readonly detail: string }
  /** A state of the table that this version does not settle. Nothing is written. */
  | { readonly kind: 'notYetSupported'; readonly row: number };

export interface ComparisonInput {
  readonly base: { readonly fingerprints: Fingerprints; readonly keyVaultVersion: string } | undefined;
  readonly openIntent: boolean;
  readonly secretServer: SecretServerSide;
  readonly keyVault: KeyVaultSide;
  readonly syncMode: SyncMode;
  readonly tagsDrifted: boolean;
}

const parkCodes = {
  CheckedOut: 'CheckedOut',
  ApprovalRequired: 'ApprovalRequired',
  CommentRequired: 'CommentRequired',
  DoubleLocked: 'DoubleLocked',
  ReadOnlyMode: 'SecretServerReadOnly',
} as const satisfies Record<ParkReason, ErrorCode>;

/**
 * Decides one pair. The first rule that matches wins: open intent → parked (15) → gone on both sides (11) → gone in
 * Secret Server (10) → soft-deleted or vanished in Key Vault (9) → name not ours (13) → disabled (12) → newest version
 * without our mark (14) → create (1) → values (5, 2, 3, 4, 6, 7).
 */
export function compare(input: ComparisonInput): Decision {
  const { secretServer } = input;
  if (input.openIntent) return { kind: 'settle', row: 0 };
  if (secretServer.kind === 'parked') return { kind: 'park', row: 15, code: parkCodeOf(secretServer.reason) };
  if (secretServer.kind === 'gone') return notYetSupported(isGone(input.keyVault) ? 11 : 10);
  return compareExternal(input);
}

/** The code under which a parked secret is reported. */
export function parkCodeOf(reason: ParkReason): ErrorCode {
  return parkCodes[reason];
}

/** The direction that both the connector and the map allow; undefined when they contradict each other. */
export function commonSyncMode(connector: SyncMode, map: SyncMode): SyncMode | undefined {
  if (connector === map || map === 'Bidirectional') return connector;
  return connector === 'Bidirectional' ? map : undefined;
}

/** What Key Vault's side alone decides, before any value is looked at. */
function compareExternal(input: ComparisonInput): Decision {
  const { base, keyVault, syncMode } = input;
  switch (keyVault.kind) {
    case 'softDeleted':
      if (base === undefined && keyVault.mark.kind !== 'ours') return hold(13, 'NameHeldBySoftDeleted');
      return notYetSupported(9);
    case 'absent':
      if (base !== undefined) return notYetSupported(9);
      return syncMode === 'PullOnly' ? notYetSupported(1) : create(input);
    case 'disabled':
      if (base === undefined && keyVault.mark.kind !== 'ours') return hold(13, 'NameTaken');
      return hold(12, 'DisabledInKeyVault');
    case 'unchanged':
      return compareValues(input, base?.fingerprints, base?.fingerprints);
    case 'present':
    case 'presentNotOurFormat':
      return comparePresent(input, keyVault);
  }
}

function comparePresent(
  input: ComparisonInput,
  keyVault: Extract<KeyVaultSide, { kind: 'present' | 'presentNotOurFormat' }>,
): Decision {
  const { base } = input;
  const marked = keyVault.mark.kind === 'ours';
  // The ledger owns the version it wrote, whatever became of the version's tags.
  const isBaseVersion = keyVault.version === base?.keyVaultVersion;
  if (base === undefined && !marked) return hold(13, 'NameTaken');
  if (base !== undefined && !marked && !isBaseVersion) return notYetSupported(14);
  if (keyVault.kind === 'presentNotOurFormat') return compareForeignFormat(input);
  // A version's value never changes, so the base's version tells the base even when its fingerprints are of an old key.
  const known = isBaseVersion ? keyVault.fingerprints : base?.fingerprints;
  return compareValues(input, known ?? {}, keyVault.fingerprints);
}

function create(input: ComparisonInput): Decision {
  return input.secretServer.kind === 'invalid'
    ? failed(input.secretServer.problems)
    : { kind: 'create', row: 1 };
}

/** The value in Key Vault is no JSON object any more: Azure changed every key of it. */
function compareForeignFormat(input: ComparisonInput): Decision {
  const { base, secretServer } = input;
  if (secretServer.kind === 'invalid') return failed(secretServer.problems);
  if (secretServer.kind !== 'present' || base === undefined) return notYetSupported(7);
  return notYetSupported(
    compareFingerprints(base.fingerprints, secretServer.fingerprints).kind === 'equal' ? 4 : 7,
  );
}

function compareValues(
  input: ComparisonInput,
  base: Fingerprints | undefined,
  external: Fingerprints | undefined,
): Decision {
  const { secretServer } = input;
  if (secretServer.kind === 'invalid') return failed(secretServer.problems);
  if (secretServer.kind !== 'present' || base === undefined || external === undefined) {
    return { kind: 'fail', code: 'UndecidedState', detail: 'A value that the decision needs was not read.' };
  }
  const sides = compareFingerprints(secretServer.fingerprints, external);
  if (sides.kind === 'incomparable') {
    return {
      kind: 'fail',
      code: 'UndecidedState',
      detail: 'The fingerprints were made with another key or form.',
    };
  }
  if (sides.kind === 'equal') return agreed(input, base, external);
  if (input.keyVault.kind === 'present' && input.keyVault.ownLateWrite) {
    return differing(input.syncMode, sides.keys, []);
  }
  const bySource = compareFingerprints(base, secretServer.fingerprints);
  const byAzure = compareFingerprints(base, external);
  // Without a base that can be compared nobody can tell which side changed: that is a conflict, not a push.
  if (bySource.kind === 'incomparable' || byAzure.kind === 'incomparable') return notYetSupported(7);
  return differing(input.syncMode, among(bySource, sides.keys), among(byAzure, sides.keys));
}

/** Both sides hold the same values. */
function agreed(input: ComparisonInput, base: Fingerprints, external: Fingerprints): Decision {
  const { keyVault } = input;
  const baseMoves = input.base === undefined || compareFingerprints(base, external).kind !== 'equal';
  if (baseMoves) return { kind: 'rebase', row: 5 };
  if (keyVault.kind === 'present' && keyVault.version !== input.base?.keyVaultVersion)
    return { kind: 'rebase', row: 2 };
  const mayRepair = input.tagsDrifted && input.syncMode !== 'PullOnly';
  return mayRepair ? { kind: 'repairTags', row: 2 } : { kind: 'none', row: 2 };
}

/** Δs and Δa: the keys on which the sides differ now and that each of them changed since the base. */
function differing(syncMode: SyncMode, bySource: readonly string[], byAzure: readonly string[]): Decision {
  if (byAzure.length === 0) {
    return syncMode === 'PullOnly' ? notYetSupported(3) : { kind: 'push', row: 3, changedKeys: bySource };
  }
  if (bySource.length === 0) return notYetSupported(4);
  return notYetSupported(bySource.some((key) => byAzure.includes(key)) ? 7 : 6);
}

function among(
  comparison: ReturnType<typeof compareFingerprints>,
  keys: readonly string[],
): readonly string[] {
  return comparison.kind === 'differ' ? comparison.keys.filter((key) => keys.includes(key)) : [];
}

function isGone(keyVault: KeyVaultSide): boolean {
  return keyVault.kind === 'absent' || keyVault.kind === 'softDeleted';
}

function hold(row: 12 | 13, code: ErrorCode): Decision {
  return { kind: 'hold', row, code };
}

function notYetSupported(row: number): Decision {
  return { kind: 'notYetSupported', row };
}

function failed(problems: readonly SecretProblem[]): Decision {
  const first = problems[0];
  const detail = problems.map((each) => each.detail).join(' ');
  return { kind: 'fail', code: first?.code ?? 'UndecidedState', detail };
}
