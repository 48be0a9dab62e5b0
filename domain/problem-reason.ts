import { catalogue, type ErrorCode } from './errors/catalogue';

/**
 * What kept one secret from being synced, in full sentences: what happened, what this case adds, what to do.
 * `code` is the one of a decision; a code that this version does not know adds nothing.
 */
export function problemReason(code: string | undefined, detail: string | undefined): string {
  const known = code !== undefined && Object.hasOwn(catalogue, code);
  const entry = known ? catalogue[code as ErrorCode] : undefined;
  return [entry?.happened, detail, entry?.remedy].filter(Boolean).join(' ');
}
