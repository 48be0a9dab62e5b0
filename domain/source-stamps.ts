import { createHash } from 'node:crypto';
import type { TemplateMap } from './template-maps';

/** What a search in Secret Server shows of a secret. */
export interface SeenSecret {
  /** The members of its summary that move when the secret may have changed, as a stable text. */
  readonly summary: string;
  /** `A/B`. Also moves when a folder above it is renamed. */
  readonly folderPath: string;
}

/**
 * One text that differs when a secret must be read again: its summary or its folder moved, or the map that shapes its
 * value and tags did. The map's own tags stand in it as text, so that a later write knows which tag values were ours.
 */
export function sourceStamp(seen: SeenSecret, map: TemplateMap | undefined): string {
  return JSON.stringify({
    seen: digest([seen.summary, seen.folderPath]),
    map: map === undefined ? null : digest([map.fieldMap, map.contentType]),
    tags: map === undefined ? {} : map.externalSecretTags,
  });
}

/** The map's tags as they were when the stamp was made; none for a stamp of another form. */
export function mapTagsOfStamp(stamp: string): Readonly<Record<string, string>> {
  try {
    const parsed: unknown = JSON.parse(stamp);
    if (typeof parsed !== 'object' || parsed === null || !('tags' in parsed)) return {};
    return Object.fromEntries(
      Object.entries(parsed.tags ?? {}).filter((entry) => typeof entry[1] === 'string'),
    );
  } catch {
    return {};
  }
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}
