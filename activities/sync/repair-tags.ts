import { withCorrelationId } from '../../adapters/http/correlation';
import { readNewest } from '../../adapters/key-vault/secrets/reader';
import { SsakvError } from '../../domain/errors/ssakv-error';
import type { Tags } from '../../domain/tags';
import { appendAudit } from '../../ledger/audit';
import { changeDecisions, type PlannedPair } from '../../ledger/decisions';
import { leasePairs, releaseLeases } from '../../ledger/leases';
import { moveBases, type PairBase } from '../../ledger/pairs';
import { tagDriftOf } from './agreed-base';
import type { ApplyContext, PairOutcome, PresentSecret } from './pair-write';
import { mapOfTemplate } from './secret-rows';
import { patchTags } from './write-external-secret';

/** The service may be slow for a moment; the pair is tried again one by one. */
const again = (code: 'PairBusy' | 'ChangedSincePlan', delayMs = 0): PairOutcome => ({
  kind: 'again',
  delayMs,
  code,
});

/**
 * Puts our tags back on the version that the base knows, by PATCH: no version is made. A PATCH replaces the whole set, so
 * the tags are read right before it; repeating it does no harm, so it needs a lease but no intent.
 */
export async function repairPairTags(context: ApplyContext, planned: PlannedPair): Promise<PairOutcome> {
  const { services, owner } = context;
  const { pair } = planned;
  const taker = { owner, leaseMs: services.timings.pairLeaseMs };
  const [lease] = await leasePairs(services.db, taker, [pair.id]);
  if (lease?.kind !== 'taken') return again('PairBusy', lease?.remainingMs);
  try {
    return await withLease(context, planned, lease.epoch);
  } finally {
    await releaseLeases(services.db, [{ pairId: pair.id, epoch: lease.epoch }]);
  }
}

async function withLease(context: ApplyContext, planned: PlannedPair, epoch: number): Promise<PairOutcome> {
  // There is no intent whose id the calls could carry.
  return withCorrelationId(context.cycleId, async () => {
    const { pair } = planned;
    const newest = await readNewest(context.connections.keyVault, pair.externalName);
    if (newest.kind !== 'present' || newest.version !== pair.base?.keyVaultVersion)
      return again('ChangedSincePlan');
    const tags = wantedTags(context, planned, pair.base, newest);
    if (tags === undefined) return finished(context, planned);
    const patched = await patchTags(
      context.connections.keyVault,
      pair.externalName,
      newest.version,
      tags.tags,
    );
    if (patched.kind !== 'updated') throw patched.error;
    await recordPatch(context, planned, tags.keys);
    const base: PairBase = {
      ...pair.base,
      tags: tags.tags,
      keyVaultUpdatedSeconds: patched.updatedSeconds,
      // Another write of the same second would not show in the LIST: the next cycle looks once.
      settled: false,
    };
    const move = { pairId: pair.id, base, syncVersion: pair.syncVersion, expectedEpoch: epoch };
    await moveBases(context.services.db, [{ ...move, tagRepairs: pair.tagRepairs + 1 }]);
    return finished(context, planned);
  });
}

/** The set to write, or undefined when the tags are right by now. With `tagRefresh: always` they are written even so. */
function wantedTags(
  context: ApplyContext,
  planned: PlannedPair,
  base: PairBase,
  newest: PresentSecret,
): { readonly tags: Tags; readonly keys: readonly string[] } | undefined {
  const map = mapOfTemplate(context.settings, planned.pair.ssTemplate);
  if (map === undefined) return undefined;
  const found = { tags: newest.tags, base, syncVersion: planned.pair.syncVersion };
  const drift = tagDriftOf({ context, moved: planned, map }, found);
  switch (drift.kind) {
    case 'drifted':
      return drift;
    case 'current':
      return context.settings.tagRefresh === 'always' ? { tags: newest.tags, keys: [] } : undefined;
    case 'noRoom':
      throw new SsakvError('TooManyTags', { detail: `Azure's own tags take ${drift.foreign} places.` });
  }
}

async function recordPatch(
  context: ApplyContext,
  { pair }: PlannedPair,
  keys: readonly string[],
): Promise<void> {
  const { connector, secretId, externalName } = pair;
  const { cycleId } = context;
  const action = keys.length > 0 ? 'externalSecret.tagsRepaired' : 'externalSecret.tagsRefreshed';
  const details = { cycleId, tags: keys.join(', ') };
  const entry = { connector, correlationId: cycleId, action, secretId, externalName, details };
  await appendAudit(context.services.db, context.services.keys.audit, [entry]);
}

async function finished(context: ApplyContext, { pair }: PlannedPair): Promise<PairOutcome> {
  await changeDecisions(context.services.db, context.cycleId, [{ pairId: pair.id, state: 'done' }]);
  return { kind: 'done' };
}
