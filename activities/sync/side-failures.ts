import type { ErrorCode } from '../../domain/errors/catalogue';
import { SsakvError } from '../../domain/errors/ssakv-error';

/** Failures that can be the matter of a single secret. All others concern a whole side, and trying the next is no use. */
const codesOfOneSecret: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SecretServerAccessDenied',
  'SecretServerRequestRefused',
  'SecretServerUnavailable',
  'SecretServerTimedOut',
  'SecretServerConnectionLost',
  'SecretServerAnsweredGarbage',
  'SecretServerFileTooLarge',
  'KeyVaultForbiddenByRbac',
  'KeyVaultForbiddenByPolicy',
  'KeyVaultForbidden',
  'KeyVaultBadParameter',
  'KeyVaultRequestRefused',
  'KeyVaultUnavailable',
  'KeyVaultTimedOut',
  'KeyVaultConnectionLost',
  'KeyVaultAnsweredGarbage',
]);

/** So many failures without a success between them are no longer the matter of single secrets. */
const failuresInARow = 10;

/** Tells the failure of one secret, which becomes its row, from the failure of a side, which ends the attempt. */
export class SideFailures {
  private inARow = 0;

  /** The work's result, or the error when it concerns one secret only. Throws what concerns a whole side. */
  async ofOneSecret<T>(work: () => Promise<T>): Promise<T | SsakvError> {
    try {
      const result = await work();
      this.inARow = 0;
      return result;
    } catch (error) {
      if (!(error instanceof SsakvError) || !codesOfOneSecret.has(error.code)) throw error;
      this.inARow += 1;
      if (this.inARow >= failuresInARow) throw error;
      return error;
    }
  }
}
