import type { ErrorCode } from '../../domain/errors/catalogue';
import { configurationErrors } from '../../domain/errors/configuration';
import { inputErrors } from '../../domain/errors/input';

/** What the exit status of every command means. Documented in `ssakv --help`. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  needsAttention: 4,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeHelp = `
Exit status:
  0    done
  1    failed
  2    wrong usage or configuration
  3    the ledger, Temporal, Secret Server or Key Vault did not answer
  4    done, but something needs a person: held or failed secrets, a failed check
  130  interrupted`;

const usageCodes: ReadonlySet<string> = new Set([
  ...Object.keys(configurationErrors),
  ...Object.keys(inputErrors),
  ...([
    'SettingsNotFound',
    'InvalidUsage',
    'DataDirectoryMismatch',
    'CredentialFileUnreadable',
    'CredentialVariableMissing',
    'TemporalCliUnusable',
  ] satisfies ErrorCode[]),
]);

const unreachableCodes: ReadonlySet<string> = new Set([
  'TemporalUnreachable',
  'NotHealthy',
  'LedgerUnavailable',
  'EntraUnavailable',
  'KeyVaultUnavailable',
  'SecretServerUnavailable',
]);

/** The exit status for an error of this code. */
export function exitCodeFor(code: string): ExitCode {
  if (usageCodes.has(code)) return exitCodes.usage;
  return unreachableCodes.has(code) ? exitCodes.unreachable : exitCodes.failed;
}
