import { z } from 'zod';
import { orAbsent } from '../http/answers';
import { call, type SecretServerConnection } from './client';
import { folderPathOf } from './folders';
import { pages } from './paging';
import { parseSuccess } from './refusals';

/** What keeps a secret from simply being read. */
interface SecretAccess {
  readonly checkOutEnabled: boolean;
  readonly checkedOut: boolean;
  readonly requiresApproval: boolean;
  readonly requiresComment: boolean;
  readonly doubleLock: boolean;
  readonly restricted: boolean;
}

/** One secret as a search shows it: everything but its fields. */
export interface SecretSummary {
  readonly secretId: number;
  readonly name: string;
  readonly folderId: number;
  /** `A/B`; undefined before 11.7, whose summaries have no path. */
  readonly folderPath: string | undefined;
  readonly templateId: number;
  readonly templateName: string;
  readonly active: boolean;
  /** Differs when something that matters for the sync has moved; see `summaryStamp`. */
  readonly stamp: string;
  readonly access: SecretAccess;
}

export interface SearchOptions {
  readonly folderId: number;
  readonly includeSubfolders: boolean;
  /** Inactive secrets are deleted ones. */
  readonly includeInactive: boolean;
  /** Records per page. */
  readonly take: number;
}

const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);

/** Members and their absence. Source: Secret Server REST API 11.2 and 11.7, `SecretSummary`. */
const summaryAnswer = z.object({
  id: z.number().int(),
  name: z.string(),
  folderId: orAbsent(z.number().int()),
  folderPath: orAbsent(z.string()),
  secretTemplateId: z.number().int(),
  secretTemplateName: orAbsent(z.string()),
  active: z.boolean(),
  lastPasswordChangeAttempt: orAbsent(z.string()),
  isOutOfSync: flag,
  checkOutEnabled: flag,
  checkedOut: flag,
  requiresApproval: flag,
  requiresComment: flag,
  doubleLockEnabled: flag,
  isRestricted: flag,
});

type SummaryAnswer = z.infer<typeof summaryAnswer>;

/**
 * The members of a summary by which a change can be seen, as a stable text.
 *
 * Not in it: `name` (a rename changes nothing in Key Vault), `daysUntilExpiration` (moves every day by itself),
 * `lastAccessed` (moves with each read, our own included), and the check-out state (decides whether a secret can be
 * read now, not whether it changed). Times stay text: they have no zone, and only their being different counts.
 */
export function summaryStamp(summary: {
  readonly folderId: number;
  readonly active: boolean;
  readonly templateId: number;
  readonly lastPasswordChangeAttempt: string | null;
  readonly isOutOfSync: boolean;
}): string {
  const { folderId, active, templateId, lastPasswordChangeAttempt, isOutOfSync } = summary;
  return JSON.stringify({ folderId, active, templateId, lastPasswordChangeAttempt, isOutOfSync });
}

/**
 * The secrets of a folder, page by page. Pages may be empty.
 *
 * Errors: the `SecretServer…` codes. Throws the signal's reason when it fires.
 * Source: Secret Server REST API, GET v2/secrets.
 */
export async function* searchSecrets(
  connection: SecretServerConnection,
  options: SearchOptions,
  signal?: AbortSignal,
): AsyncIterable<readonly SecretSummary[]> {
  const query = {
    'filter.folderId': options.folderId,
    'filter.includeSubFolders': options.includeSubfolders,
    'filter.includeActive': true,
    'filter.includeInactive': options.includeInactive,
    // Otherwise secrets with check-out, approval or a double lock are left out and look deleted.
    'filter.includeRestricted': true,
    'filter.allowDoubleLocks': true,
  };
  const request = { operation: 'search', method: 'GET', path: '/api/v2/secrets', query } as const;
  const observed = signal === undefined ? request : { ...request, signal };
  for await (const records of pages(connection, observed, summaryAnswer, options.take))
    yield records.map(toSummary);
}

/** One summary, also of an inactive secret. Errors: the `SecretServer…` codes. */
export async function readSummary(
  connection: SecretServerConnection,
  secretId: number,
): Promise<{ readonly kind: 'read'; readonly summary: SecretSummary } | { readonly kind: 'accessDenied' }> {
  const path = `/api/v1/secrets/${secretId}/summary`;
  const answer = await call(connection, { operation: 'summary', method: 'GET', path });
  if (answer.kind === 'refused') throw answer.error;
  if (answer.kind === 'accessDenied') return answer;
  return { kind: 'read', summary: toSummary(parseSuccess('summary', answer.body, summaryAnswer)) };
}

function toSummary(answer: SummaryAnswer): SecretSummary {
  const folderId = answer.folderId ?? -1;
  const { active, secretTemplateId: templateId, isOutOfSync } = answer;
  const lastPasswordChangeAttempt = answer.lastPasswordChangeAttempt ?? null;
  return {
    secretId: answer.id,
    name: answer.name,
    folderId,
    folderPath: answer.folderPath === undefined ? undefined : folderPathOf(answer.folderPath),
    templateId,
    templateName: answer.secretTemplateName ?? '',
    active,
    stamp: summaryStamp({ folderId, active, templateId, lastPasswordChangeAttempt, isOutOfSync }),
    access: {
      checkOutEnabled: answer.checkOutEnabled,
      checkedOut: answer.checkedOut,
      requiresApproval: answer.requiresApproval,
      requiresComment: answer.requiresComment,
      doubleLock: answer.doubleLockEnabled,
      restricted: answer.isRestricted,
    },
  };
}
