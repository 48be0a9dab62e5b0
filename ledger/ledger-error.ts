import { DatabaseError } from 'pg';
import type { ErrorCode } from '../domain/errors/catalogue';
import { SsakvError } from '../domain/errors/ssakv-error';

/**
 * SQLSTATE classes and what they mean for a caller. Longest prefix wins.
 * Source: https://www.postgresql.org/docs/15/errcodes-appendix.html
 */
const codesBySqlState: readonly (readonly [prefix: string, code: ErrorCode])[] = [
  ['57014', 'LedgerBusy'], // query_canceled
  ['55P03', 'LedgerBusy'], // lock_not_available
  ['40', 'LedgerBusy'], // serialization failure, deadlock
  ['08', 'LedgerUnavailable'], // connection exceptions
  ['53', 'LedgerUnavailable'], // too many connections, disk full, out of memory
  ['57P', 'LedgerUnavailable'], // shut down, crashed, starting
  ['58', 'LedgerUnavailable'], // system errors outside PostgreSQL
  ['28', 'LedgerRefused'], // invalid authorization
  ['3D', 'LedgerRefused'], // no such database
  ['42501', 'LedgerRefused'], // insufficient privilege
];

/** The driver's error as one of ours: by SQLSTATE, or unreachable when the database said nothing. */
export function ledgerError(error: unknown): SsakvError {
  if (error instanceof SsakvError) return error;
  if (!(error instanceof DatabaseError)) return new SsakvError('LedgerUnavailable', systemDetail(error));
  const state = error.code ?? '';
  const code = codesBySqlState.find(([prefix]) => state.startsWith(prefix))?.[1] ?? 'LedgerStatementFailed';
  const constraint = error.constraint === undefined ? '' : `, rule ${error.constraint}`;
  return new SsakvError(code, { detail: `SQLSTATE ${state}${constraint}.` });
}

function systemDetail(error: unknown): { detail: string } | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? { detail: `${code}.` } : undefined;
}
