import { createHash } from 'node:crypto';
import type { TemplateMap } from './template-maps';

/** What a search in Secret Server shows of a secret and what moves when the secret may have changed. */
export interface SecretSummaryFacts {
  readonly name: string;
  readonly folderPath: string;
  readonly templateId: number;
  readonly active: boolean;
  /** As Secret Server writes it; moves with every password change, also a failed one. */
  readonly lastPasswordChangeAttempt: string | undefined;
  readonly isOutOfSync: boolean | undefined;
}

/**
 * One text that differs when a secret must be read again: its summary moved, or the map that shapes its value did.
 *
 * Left out on purpose: `lastAccessed`, which our own reads move, and `daysUntilExpiration`, which moves every day.
 * The map's own tags stand in it as text, so that a later write knows which tag values were ours.
 */
export function sourceStamp(facts: SecretSummaryFacts, map: TemplateMap | undefined): string {
  return JSON.stringify({
    summary: digest([
      facts.name,
      facts.folderPath,
      facts.templateId,
      facts.active,
      facts.lastPasswordChangeAttempt ?? null,
      facts.isOutOfSync ?? null,
    ]),
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
