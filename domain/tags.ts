import type { ConnectorSettings } from './connectors';
import { tagCountLimit, tagLengthLimit } from './limits';
import { mapTagsOfStamp } from './source-stamps';
import type { TemplateMap } from './template-maps';

export type Tags = Readonly<Record<string, string>>;

/** Everything our tags are made of. */
export interface TagContext {
  readonly settings: Pick<ConnectorSettings, 'displayName' | 'autoTagExternalSecrets'>;
  readonly map: Pick<TemplateMap, 'externalSecretTags'>;
  /** `folderPath` with forward slashes, as `A/B`. */
  readonly secret: { readonly id: number; readonly folderPath: string; readonly templateSlug: string };
  readonly syncVersion: number;
  /** ISO 8601 to the second, as `2026-04-02T14:33:09Z`. */
  readonly lastSynced: string;
  readonly operationMark: string;
}

/** What the ledger knows of the last write: the tags it left and the source's stamp at that time. */
export interface TagBase {
  readonly tags: Tags;
  readonly sourceStamp: string;
}

export type NoRoomForTags = { readonly kind: 'noRoom'; readonly foreign: number };

/** `dropped`: our tags that found no room, in the order in which they were given up. */
export type TagPlan =
  | { readonly kind: 'tags'; readonly tags: Record<string, string>; readonly dropped: readonly string[] }
  | NoRoomForTags;

/** `tags` is the whole set to write, because Key Vault's PATCH replaces the set. `keys` are ours that differ, sorted. */
export type TagDrift =
  | { readonly kind: 'current' }
  | {
      readonly kind: 'drifted';
      readonly tags: Record<string, string>;
      readonly dropped: readonly string[];
      readonly keys: readonly string[];
    }
  | NoRoomForTags;

export const operationMarkTag = 'ss-operation-id';
const ourPrefix = 'ss-';
const neverDropped = ['ss-managed', 'ss-secret-id', 'ss-connector-id', operationMarkTag];
/** Given up in this order after the map's own tags, the least needed first. */
const droppedLast = ['ss-folder-path', 'ss-last-synced', 'ss-template', 'ss-sync-version'];

/**
 * The whole tag set of a new version: ours, and those of Azure as they were last read.
 *
 * Keys that begin with `ss-` are ours. A tag of the map without that prefix is ours until Azure gives it another value;
 * from then on Azure's value is carried over. Over 15 tags, ours are given up in a fixed order, the map's first; four
 * are never given up, and when even they have no room the answer is `noRoom` (code `TooManyTags`). With
 * `autoTagExternalSecrets: false` only `ss-operation-id` is ours.
 */
export function tagsForWrite(context: TagContext, current: Tags, base: TagBase | undefined): TagPlan {
  const ours = ourTags(context);
  const foreign = Object.entries(current).filter(([key, value]) =>
    isForeign(context, ours, key, value, base),
  );
  for (const [key] of foreign) ours.delete(key);
  const needed = neverDropped.filter((key) => ours.has(key)).length;
  if (foreign.length + needed > tagCountLimit) return { kind: 'noRoom', foreign: foreign.length };
  const surplus = Math.max(0, foreign.length + ours.size - tagCountLimit);
  const dropped = dropOrder(ours).slice(0, surplus);
  for (const key of dropped) ours.delete(key);
  return { kind: 'tags', tags: Object.fromEntries([...ours, ...foreign]), dropped };
}

/**
 * Which of our tags differ from the LIST's. What only a write moves (`ss-last-synced`, `ss-sync-version`,
 * `ss-operation-id`) is taken from the base, so that it never drifts by itself.
 */
export function tagDrift(context: TagContext, current: Tags, base: TagBase): TagDrift {
  if (!context.settings.autoTagExternalSecrets) return { kind: 'current' };
  const plan = tagsForWrite(context, current, base);
  if (plan.kind === 'noRoom') return plan;
  const tags = { ...plan.tags };
  for (const key of ['ss-last-synced', 'ss-sync-version', operationMarkTag]) {
    const known = base.tags[key];
    if (known !== undefined && key in tags) tags[key] = known;
  }
  const keys = [...new Set([...Object.keys(tags), ...Object.keys(current)])];
  const differing = keys.filter((key) => tags[key] !== current[key]).sort();
  if (differing.length === 0) return { kind: 'current' };
  return { kind: 'drifted', tags, dropped: plan.dropped, keys: differing };
}

/** Whether two tag sets are the same, in whatever order. */
export function sameTags(a: Tags, b: Tags): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

/** The host of a vault as an ownership mark binds it: lower case, with the port unless it is 443. */
export function hostOf(vaultUrl: string): string {
  return new URL(vaultUrl).host;
}

function ourTags(context: TagContext): Map<string, string> {
  const { settings, map, secret } = context;
  if (!settings.autoTagExternalSecrets) return new Map([[operationMarkTag, context.operationMark]]);
  return new Map([
    ...Object.entries(map.externalSecretTags),
    ['ss-managed', 'true'],
    ['ss-secret-id', String(secret.id)],
    ['ss-template', map.externalSecretTags['ss-template'] ?? secret.templateSlug],
    // The end of a path tells more than its beginning.
    ['ss-folder-path', tail(secret.folderPath)],
    ['ss-sync-version', String(context.syncVersion)],
    ['ss-last-synced', context.lastSynced],
    ['ss-connector-id', settings.displayName],
    [operationMarkTag, context.operationMark],
  ]);
}

function tail(text: string): string {
  const end = text.length <= tagLengthLimit ? text : text.slice(-tagLengthLimit);
  // The cut may have split a character outside the basic plane; half of one is no text.
  return end.replace(/^[\uDC00-\uDFFF]/, '');
}

function isForeign(
  context: TagContext,
  ours: ReadonlyMap<string, string>,
  key: string,
  value: string,
  base: TagBase | undefined,
): boolean {
  // Without automatic tags the other ss- tags are not ours to give or to take.
  if (key.startsWith(ourPrefix)) return !context.settings.autoTagExternalSecrets && key !== operationMarkTag;
  if (!ours.has(key)) return true;
  const isTheBases = base !== undefined && value === base.tags[key];
  // The base also holds what Azure had set before our last write; only the map of that time tells the two apart.
  return !isTheBases || value !== mapTagsOfStamp(base.sourceStamp)[key];
}

/** All of ours that may be given up: the map's tags from the last to the first, then the fixed order. */
function dropOrder(ours: ReadonlyMap<string, string>): readonly string[] {
  const fixed = [...neverDropped, ...droppedLast];
  const ofTheMap = [...ours.keys()].filter((key) => !fixed.includes(key)).toReversed();
  return [...ofTheMap, ...droppedLast.filter((key) => ours.has(key))];
}
