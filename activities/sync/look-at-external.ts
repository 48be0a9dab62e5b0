import { listVersions, readNewest } from '../../adapters/key-vault/secrets/reader';
import { readExternalValue } from '../../domain/canonical-values';
import type { KeyVaultSide } from '../../domain/compare';
import type { SsakvError } from '../../domain/errors/ssakv-error';
import { compareFingerprints, fingerprint } from '../../domain/fingerprints';
import type { MarkReading } from '../../domain/ownership-marks';
import { sameTags, type Tags } from '../../domain/tags';
import type { TemplateMap } from '../../domain/template-maps';
import type { MovedPair } from '../../ledger/moved-pairs';
import type { Pair, PairBase } from '../../ledger/pairs';
import { unlandedIntent } from '../../ledger/unlanded-intents';
import { markOf } from './pair-marks';
import type { PlanContext } from './plan-context';

/** What of a base a look at the external secret can renew without a change of value. */
export type ExternalMetadata = Partial<Pick<PairBase, 'keyVaultUpdatedSeconds' | 'tags' | 'settled'>>;

export interface ExternalLook {
  readonly side: KeyVaultSide;
  /** The tags of the newest version; undefined where they are not known. */
  readonly tags: Tags | undefined;
  readonly metadata: ExternalMetadata;
}

/**
 * The external secret of a moved pair, from the LIST where that is enough. Its value is read only when the LIST shows
 * something other than the base, or a secret of this name that carries our mark, or when `mustRead`.
 *
 * Gives the error when it concerns this secret alone. Throws the `KeyVault…` and `Entra…` codes that concern the vault.
 */
export async function lookAtExternal(
  context: PlanContext,
  moved: MovedPair,
  map: TemplateMap,
  mustRead: boolean,
): Promise<ExternalLook | SsakvError> {
  const seen = mustRead ? undefined : withoutCall(context, moved);
  if (seen !== undefined && !needsVersions(moved, seen)) return seen;
  return await context.keyVaultFailures.ofOneSecret(async () => {
    const settled = seen === undefined ? undefined : await lookAtVersions(context, moved, seen);
    return settled ?? (await read(context, moved, map));
  });
}

/** What the LIST alone tells, or undefined when the value has to be read. */
function withoutCall(context: PlanContext, moved: MovedPair): ExternalLook | undefined {
  const { external, pair, reasons } = moved;
  // Whether the secret that is gone still has its external secret is all that matters.
  if (reasons.includes('gone'))
    return look({ kind: external === undefined ? 'absent' : 'unchanged' }, external?.tags);
  if (pair.base !== undefined) {
    // Not flagged means that the LIST shows the base, or passed this pair before its last write.
    const flagged = reasons.includes('keyVault') || reasons.includes('tags');
    if (!flagged) return context.readsEverything ? undefined : look({ kind: 'unchanged' }, external?.tags);
  }
  if (external === undefined) return look({ kind: 'absent' }, undefined);
  const mark = external.managed ? notOurs : markOf(context.services.keys, pair, external.tags);
  if (!external.enabled) return look({ kind: 'disabled', mark }, external.tags);
  const isStranger = pair.base === undefined && mark.kind !== 'ours';
  return isStranger ? look({ kind: 'presentNotOurFormat', version: '', mark }, external.tags) : undefined;
}

/** The secret behind a certificate belongs to the certificate, whatever its tags say. */
const notOurs: MarkReading = { kind: 'absent' };

function look(side: KeyVaultSide, tags: Tags | undefined): ExternalLook {
  return { side, tags, metadata: {} };
}

function needsVersions({ reasons }: MovedPair, seen: ExternalLook): boolean {
  return reasons.includes('unsettled') && !reasons.includes('gone') && seen.side.kind === 'unchanged';
}

/**
 * Whether the base's version is still the newest although its stamp cannot tell: no value is read. Undefined when
 * another version could be newer or the tags moved, which only a read decides.
 */
async function lookAtVersions(
  context: PlanContext,
  { pair }: MovedPair,
  seen: ExternalLook,
): Promise<ExternalLook | undefined> {
  const { base } = pair;
  if (base === undefined) return undefined;
  const askedAtMs = Date.now();
  const versions = await listVersions(context.connections.keyVault, pair.externalName);
  const own = versions.find(({ version }) => version === base.keyVaultVersion);
  if (own === undefined || !own.enabled || !sameTags(own.tags, base.tags)) return undefined;
  const rivals = versions.filter((one) => one !== own && one.createdSeconds >= own.createdSeconds);
  if (rivals.length > 0 || own.updatedSeconds !== base.keyVaultUpdatedSeconds) return undefined;
  return { ...seen, tags: own.tags, metadata: { settled: isOver(own.updatedSeconds, askedAtMs) } };
}

async function read(context: PlanContext, moved: MovedPair, map: TemplateMap): Promise<ExternalLook> {
  const { pair, external } = moved;
  const askedAtMs = Date.now();
  const newest = await readNewest(context.connections.keyVault, pair.externalName);
  if (newest.kind === 'absent') return look({ kind: 'absent' }, undefined);
  if (newest.kind === 'disabled') {
    const mark = external === undefined ? notOurs : markOf(context.services.keys, pair, external.tags);
    return look({ kind: 'disabled', mark }, external?.tags);
  }
  const { version, tags, updatedSeconds } = newest;
  const mark = newest.managed ? notOurs : markOf(context.services.keys, pair, tags);
  const value = readExternalValue(map, newest.value);
  const side: KeyVaultSide =
    value.kind === 'object'
      ? await present(context, pair, {
          version,
          mark,
          fingerprints: fingerprintOf(context, pair, value.values),
        })
      : { kind: 'presentNotOurFormat', version, mark };
  const settled = isOver(updatedSeconds, askedAtMs);
  return { side, tags, metadata: { keyVaultUpdatedSeconds: updatedSeconds, tags, settled } };
}

type Present = Extract<KeyVaultSide, { kind: 'present' }>;

/** A PUT that landed after its settle window is on top with our mark, but nobody in Azure wrote it. */
async function present(
  context: PlanContext,
  pair: Pair,
  seen: Pick<Present, 'version' | 'mark' | 'fingerprints'>,
): Promise<Present> {
  const { version, mark, fingerprints } = seen;
  const known = version === pair.base?.keyVaultVersion || mark.kind !== 'ours';
  const intended = known
    ? undefined
    : await unlandedIntent(context.services.db, pair.id, mark.mark.operationId);
  const ownLateWrite = intended !== undefined && compareFingerprints(intended, fingerprints).kind === 'equal';
  return { kind: 'present', ...seen, ownLateWrite };
}

function fingerprintOf(context: PlanContext, pair: Pair, values: Parameters<typeof fingerprint>[2]) {
  return fingerprint(context.services.keys.fingerprint, pair.id, values);
}

/**
 * Key Vault's stamps have a grain of one second. Once two seconds have gone by, no later write can carry the stamp; where
 * the clocks differ by more, the pair only stays unsettled longer or the vault's next stamp differs anyway.
 */
function isOver(stampSeconds: number, askedAtMs: number): boolean {
  return askedAtMs >= (stampSeconds + 2) * 1_000;
}
