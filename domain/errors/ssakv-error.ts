import { catalogue, type ErrorCode } from './catalogue';

export interface SsakvErrorOptions {
  /** What this occurrence adds to the catalogue's sentence. Never a secret value, never a raw SDK error's text. */
  readonly detail?: string;
  /** How long the other side asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number;
}

/**
 * The only error class that leaves an adapter, the ledger or the configuration.
 *
 * It never carries the original error as `cause`: a REST error's request holds the secret's value in its body.
 */
export class SsakvError extends Error {
  override readonly name = 'SsakvError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly detail: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, options: SsakvErrorOptions = {}) {
    super(describe(code, options.detail));
    this.code = code;
    this.retryable = catalogue[code].retryable;
    this.detail = options.detail;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** One sentence each for what happened, why, and what to do, as an operator reads it. */
function describe(code: ErrorCode, detail: string | undefined): string {
  const entry = catalogue[code];
  const sentences = [entry.happened, detail, entry.cause, entry.remedy].filter(Boolean).join(' ');
  // A list in the detail has lines of its own; the sentences around it begin and end their lines without a space.
  return sentences.replaceAll(' \n', '\n').replaceAll(/\n (?=\S)/g, '\n');
}
