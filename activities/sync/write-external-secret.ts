/** The only file that imports the writer of Key Vault secrets: everything else can at most read them. */
import { setTimeout as delay } from 'node:timers/promises';
import type { KeyVaultSecretsConnection } from '../../adapters/key-vault/secrets/client';
import { listVersions, readNewest, readVersion } from '../../adapters/key-vault/secrets/reader';
import { setSecret, updateTags } from '../../adapters/key-vault/secrets/writer';
import { readExternalValue, serializeExternalValue, sizeProblem } from '../../domain/canonical-values';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { compareFingerprints, fingerprint } from '../../domain/fingerprints';
import { writeMark } from '../../domain/ownership-marks';
import { tagsForWrite, type Tags } from '../../domain/tags';
import type { WriteObservation } from '../../domain/write-protocol';
import type { Pair } from '../../ledger/pairs';
import type { ApplyContext, IntendedValue, PairWrite, PresentSecret } from './pair-write';
import { markOf, markSubject } from './pair-marks';
import { mapOfTemplate } from './secret-rows';

/** Key Vault's stamps have a grain of one second; two seconds after an answer no later write can carry its stamp. */
const stampSettlesAfterMs = 2_000;

/** GET the newest version and compare it with the one that the plan was made for. */
export async function checkNewest(context: ApplyContext, write: PairWrite): Promise<WriteObservation> {
  const expected = write.planned.decision.keyVaultVersion;
  const newest = await readNewest(context.connections.keyVault, write.planned.pair.externalName);
  if (newest.kind === 'absent')
    return { saw: 'newest', newest: undefined, asPlanned: expected === undefined };
  if (newest.kind === 'disabled') return { saw: 'newest', newest: undefined, asPlanned: false };
  write.newest = newest;
  const { version, createdSeconds } = newest;
  return { saw: 'newest', newest: { version, createdSeconds }, asPlanned: version === expected };
}

/**
 * PUT once. The call budget is waited for before the lease is looked at, because the request must end before the lease
 * does; a refused or impossible write leaves its reason in `write.error`.
 */
export async function put(context: ApplyContext, write: PairWrite): Promise<WriteObservation> {
  const request = setRequest(context, write);
  if (request.kind === 'impossible') {
    write.error = request.error;
    return { saw: 'refused' };
  }
  const { keyVault } = context.connections;
  await keyVault.spend?.('create');
  if (performance.now() + context.services.timings.requestTimeoutMs > write.leasedUntil) {
    return { saw: 'leaseExpired' };
  }
  const outcome = await setSecret({ ...keyVault, spend: undefined }, request);
  if (outcome.kind === 'written') {
    const { version, updatedSeconds } = outcome;
    write.written = { version, updatedSeconds, tags: request.tags, answeredAt: performance.now() };
    return { saw: 'written', version };
  }
  write.error = outcome.error;
  return outcome.kind === 'refused' ? { saw: 'refused' } : { saw: 'noAnswer' };
}

/** Reads all versions once the second of our own write is over, so that no other write can hide in it. */
export async function lookAtVersions(context: ApplyContext, write: PairWrite): Promise<WriteObservation> {
  const answeredAt = write.written?.answeredAt ?? performance.now();
  // Not cut short by a cancellation: the write has landed and is recorded next.
  await delay(Math.max(0, answeredAt + stampSettlesAfterMs - performance.now()));
  try {
    const { externalName } = write.planned.pair;
    const versions = await listVersions(context.connections.keyVault, externalName);
    return {
      saw: 'versions',
      versions: versions.map(({ version, createdSeconds, tags }) => ({
        version,
        createdSeconds,
        operationId: operationOf(context, write.planned.pair, tags),
      })),
    };
  } catch (error) {
    // The value is written; that the look failed only leaves the pair to be looked at again.
    if (error instanceof SsakvError) return { saw: 'versionsUnread' };
    throw error;
  }
}

/** Whether an unanswered PUT landed: its operation id stands on a version that holds the intended values. */
export async function findOperation(context: ApplyContext, write: PairWrite): Promise<WriteObservation> {
  const { pair } = write.planned;
  const versions = await listVersions(context.connections.keyVault, pair.externalName);
  const marked = versions.filter(({ tags }) => operationOf(context, pair, tags) === write.operationId);
  for (const candidate of marked) {
    if (!(await holdsIntendedValues(context, write, candidate.version))) continue;
    const { version, updatedSeconds, tags } = candidate;
    write.written = { version, updatedSeconds, tags, answeredAt: performance.now() };
    return { saw: 'operationFound', version };
  }
  return { saw: 'operationAbsent' };
}

/** PATCH the whole tag set of a version; makes no new version. */
export const patchTags = updateTags;

/** Makes or tags the kept secret that the connection test writes to. It holds no credential. */
export async function writeProbe(
  connection: KeyVaultSecretsConnection,
  probe: { readonly name: string; readonly version: string | undefined; readonly tags: Tags },
): Promise<SsakvError | undefined> {
  const { name, version, tags } = probe;
  const outcome =
    version === undefined
      ? await setSecret(connection, { name, value: 'connection test of ssakv', tags, enabled: true })
      : await updateTags(connection, name, version, tags);
  return outcome.kind === 'written' || outcome.kind === 'updated' ? undefined : outcome.error;
}

type SetRequest =
  | { readonly kind: 'impossible'; readonly error: SsakvError }
  | ({ readonly kind: 'possible'; readonly tags: Record<string, string> } & Omit<
      Parameters<typeof setSecret>[1],
      'tags'
    >);

function setRequest(context: ApplyContext, write: PairWrite): SetRequest {
  const { intended, newest, planned } = write;
  if (intended === undefined) throw new Error('Only a write that carries a value can be put.');
  const plan = tagsForWrite(tagContext(context, write, intended), newest?.tags ?? {}, planned.pair.base);
  if (plan.kind === 'noRoom') {
    const detail = `Azure's own tags take ${plan.foreign} places.`;
    return { kind: 'impossible', error: new SsakvError('TooManyTags', { detail }) };
  }
  const value = serializeExternalValue(intended.values, extraKeysOf(intended, newest));
  const tooLarge = sizeProblem(value);
  if (tooLarge !== undefined) {
    return { kind: 'impossible', error: new SsakvError(tooLarge.code, { detail: tooLarge.detail }) };
  }
  return {
    kind: 'possible',
    name: planned.pair.externalName,
    value,
    contentType: intended.map.contentType,
    tags: plan.tags,
    enabled: true,
    ...carriedDates(newest),
  };
}

/** Keys that Azure added to the value stay; what is no JSON object never gets here, because it is not overwritten. */
function extraKeysOf(
  intended: IntendedValue,
  newest: PresentSecret | undefined,
): Readonly<Record<string, unknown>> {
  if (newest === undefined) return {};
  const current = readExternalValue(intended.map, newest.value);
  return current.kind === 'object' ? current.extraKeys : {};
}

/** A new version inherits nothing. Azure's dates are carried over, but not an expiry that is past. */
function carriedDates(newest: PresentSecret | undefined): {
  expiresSeconds?: number;
  notBeforeSeconds?: number;
} {
  const expires = newest?.expiresSeconds;
  const notBefore = newest?.notBeforeSeconds;
  const isPast = expires !== undefined && expires * 1_000 <= Date.now();
  return {
    ...(expires === undefined || isPast ? {} : { expiresSeconds: expires }),
    ...(notBefore === undefined ? {} : { notBeforeSeconds: notBefore }),
  };
}

function tagContext(context: ApplyContext, write: PairWrite, intended: IntendedValue) {
  const { services, settings } = context;
  const { pair } = write.planned;
  const mark = {
    operationId: write.operationId,
    installationId: services.keys.installationId,
    epoch: write.epoch,
  };
  return {
    settings,
    map: intended.map,
    secret: { id: pair.secretId, folderPath: intended.folderPath, templateSlug: intended.templateSlug },
    syncVersion: intended.syncVersion,
    lastSynced: `${new Date().toISOString().slice(0, 19)}Z`,
    operationMark: writeMark(services.keys.mark, markSubject(pair), mark),
  };
}

function operationOf(context: ApplyContext, pair: Pair, tags: Tags): string | undefined {
  const reading = markOf(context.services.keys, pair, tags);
  return reading.kind === 'ours' ? reading.mark.operationId : undefined;
}

async function holdsIntendedValues(
  context: ApplyContext,
  write: PairWrite,
  version: string,
): Promise<boolean> {
  const { pair } = write.planned;
  const map = mapOfTemplate(context.settings, pair.ssTemplate);
  if (map === undefined || write.openIntent === undefined) return false;
  const read = await readVersion(context.connections.keyVault, pair.externalName, version);
  if (read.kind !== 'present') return false;
  const value = readExternalValue(map, read.value);
  if (value.kind !== 'object') return false;
  const found = fingerprint(context.services.keys.fingerprint, pair.id, value.values);
  return compareFingerprints(found, write.openIntent.intendedFingerprints).kind === 'equal';
}
