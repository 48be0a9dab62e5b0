import { templateSlug } from '../../adapters/secret-server/templates';
import type { SecretServerSide } from '../../domain/compare';
import { compareFingerprints, type Fingerprints } from '../../domain/fingerprints';
import type { SyncMode } from '../../domain/sync-modes';
import {
  operationMarkTag,
  sameTags,
  tagDrift,
  type TagBase,
  type TagDrift,
  type Tags,
} from '../../domain/tags';
import type { TemplateMap } from '../../domain/template-maps';
import type { MovedPair } from '../../ledger/moved-pairs';
import type { PairBase } from '../../ledger/pairs';
import type { ExternalLook } from './look-at-external';
import type { PlanContext } from './plan-context';

/** One pair while it is decided. */
export interface Deciding {
  readonly context: PlanContext;
  readonly moved: MovedPair;
  readonly map: TemplateMap;
  readonly syncMode: SyncMode;
}

/** What the tags of a pair follow from. */
export interface TaggedPair {
  readonly context: Pick<PlanContext, 'settings'>;
  readonly moved: Pick<MovedPair, 'pair' | 'secret'>;
  readonly map: TemplateMap;
}

export interface Rebased {
  readonly kind: 'rebased';
  readonly row: 2 | 5;
  readonly base: PairBase;
  readonly syncVersion: number;
}

/**
 * The base with what both sides show now, or undefined when it says so already. `fingerprints` are those of a read that
 * found the values unchanged; they differ from the base's only when they were made with another key.
 */
export function renewedBase(
  { pair, secret }: MovedPair,
  external: ExternalLook,
  fingerprints: Fingerprints | undefined,
): PairBase | undefined {
  const { base } = pair;
  if (base === undefined || secret === undefined) return undefined;
  const renewed: PairBase = {
    ...base,
    ...external.metadata,
    fingerprints: fingerprints ?? base.fingerprints,
    sourceStamp: secret.stamp,
  };
  return saysTheSame(renewed, base) && pair.tagRepairs === 0 ? undefined : renewed;
}

function saysTheSame(a: PairBase, b: PairBase): boolean {
  return (
    a.sourceStamp === b.sourceStamp &&
    a.settled === b.settled &&
    a.keyVaultUpdatedSeconds === b.keyVaultUpdatedSeconds &&
    sameTags(a.tags, b.tags) &&
    compareFingerprints(a.fingerprints, b.fingerprints).kind === 'equal'
  );
}

/** The base that both sides agree on, where the ledger had none or another. The external secret was read. */
export function rebased(
  deciding: Deciding,
  row: 2 | 5,
  source: SecretServerSide,
  external: ExternalLook,
): Rebased | undefined {
  const { secret } = deciding.moved;
  const { side, tags } = external;
  if (source.kind !== 'present' || side.kind !== 'present' || secret === undefined || tags === undefined)
    return undefined;
  const syncVersion = countedVersion(deciding.moved, row, tags);
  const base: PairBase = {
    keyVaultVersion: side.version,
    keyVaultUpdatedSeconds: external.metadata.keyVaultUpdatedSeconds ?? 0,
    settled: external.metadata.settled ?? false,
    fingerprints: source.fingerprints,
    tags,
    sourceStamp: secret.stamp,
  };
  const drift = tagDriftOf(deciding, { tags, base, syncVersion });
  // With the tags as they should be in the base, the next cycle sees them differ from the LIST, and repairs them.
  return {
    kind: 'rebased',
    row,
    syncVersion,
    base: drift.kind === 'drifted' ? { ...base, tags: drift.tags } : base,
  };
}

/** The tags that should stand on the external secret, against those that do. */
export function tagDriftOf(
  { context, moved, map }: TaggedPair,
  found: { readonly tags: Tags; readonly base: TagBase; readonly syncVersion: number },
): TagDrift {
  const { pair, secret } = moved;
  if (secret === undefined) return { kind: 'current' };
  const { folderPath } = secret;
  const wanted = {
    settings: context.settings,
    map,
    secret: { id: pair.secretId, folderPath, templateSlug: templateSlug(map.ssTemplate) },
    syncVersion: found.syncVersion,
    // Only for a base that has lost them: time and mark are otherwise those of the last write.
    lastSynced: `${new Date().toISOString().slice(0, 19)}Z`,
    operationMark: found.tags[operationMarkTag] ?? '',
  };
  return tagDrift(wanted, found.tags, found.base);
}

/**
 * The counter rises when Secret Server changed since the base. A ledger that lost its pair goes on from the counter that
 * stands on the external secret.
 */
function countedVersion({ pair }: MovedPair, row: 2 | 5, tags: Tags): number {
  if (pair.base !== undefined) return row === 5 ? pair.syncVersion + 1 : pair.syncVersion;
  const counted = Number(tags['ss-sync-version']);
  return Math.max(1, pair.syncVersion, Number.isSafeInteger(counted) ? counted : 0);
}
