import type { Connections } from '../../adapters/connections';
import { listExternalSecrets } from '../../adapters/key-vault/secrets/reader';
import { serverVersion } from '../../adapters/secret-server/server';
import type { ErrorCode } from '../../domain/errors/catalogue';
import { SsakvError } from '../../domain/errors/ssakv-error';

/** What a failure says of the side that it came from. Codes that are not here concern the whole side at once. */
const verdicts: ReadonlyMap<ErrorCode, 'ofOneSecret' | 'perhapsOfTheSide' | 'ofTheSideInARow'> = new Map([
  // The side answered, and it was about this secret.
  ['SecretServerAccessDenied', 'ofOneSecret'],
  ['SecretServerRequestRefused', 'ofOneSecret'],
  ['SecretServerFileTooLarge', 'ofOneSecret'],
  ['KeyVaultBadParameter', 'ofOneSecret'],
  ['KeyVaultRequestRefused', 'ofOneSecret'],
  // One broken secret is answered like a broken server: many in a row raise the question.
  ['SecretServerUnavailable', 'perhapsOfTheSide'],
  ['SecretServerAnsweredGarbage', 'perhapsOfTheSide'],
  ['KeyVaultForbiddenByRbac', 'perhapsOfTheSide'],
  ['KeyVaultForbiddenByPolicy', 'perhapsOfTheSide'],
  ['KeyVaultForbidden', 'perhapsOfTheSide'],
  ['KeyVaultUnavailable', 'perhapsOfTheSide'],
  ['KeyVaultAnsweredGarbage', 'perhapsOfTheSide'],
  // Each more would cost the whole time of a request.
  ['SecretServerTimedOut', 'ofTheSideInARow'],
  ['SecretServerConnectionLost', 'ofTheSideInARow'],
  ['KeyVaultTimedOut', 'ofTheSideInARow'],
  ['KeyVaultConnectionLost', 'ofTheSideInARow'],
]);

/** So many failures without a success between them may no longer be the matter of single secrets. */
const failuresInARow = 10;

/** Tells the failure of one secret, which becomes its row, from the failure of a side, which ends the attempt. */
export class SideFailures {
  private inARow = 0;

  /** `answers` makes a call to the side that concerns no secret; it throws when the side is of no use. */
  constructor(private readonly answers: () => Promise<unknown>) {}

  /** The work's result, or the error when it concerns one secret only. Throws what concerns a whole side. */
  async ofOneSecret<T>(work: () => Promise<T>): Promise<T | SsakvError> {
    try {
      const result = await work();
      this.inARow = 0;
      return result;
    } catch (error) {
      if (!(error instanceof SsakvError) || (await this.isOfTheSide(error.code))) throw error;
      return error;
    }
  }

  /**
   * Secrets that failed are looked at again in each cycle, so that ten broken ones come to stand in a row however far apart
   * they are: without the question they would stop all others.
   */
  private async isOfTheSide(code: ErrorCode): Promise<boolean> {
    const verdict = verdicts.get(code);
    if (verdict === undefined) return true;
    if (verdict === 'ofOneSecret') return false;
    this.inARow += 1;
    if (this.inARow < failuresInARow) return false;
    if (verdict === 'ofTheSideInARow') return true;
    try {
      await this.answers();
    } catch {
      return true;
    }
    this.inARow = 0;
    return false;
  }
}

/** Fresh counts for both sides of a connector. */
export function countSideFailures({ keyVault, secretServer }: Connections) {
  return {
    keyVaultFailures: new SideFailures(() => firstPageOf(keyVault)),
    secretServerFailures: new SideFailures(() => serverVersion(secretServer)),
  };
}

async function firstPageOf(keyVault: Connections['keyVault']): Promise<void> {
  for await (const page of listExternalSecrets(keyVault, 1)) if (page.length >= 0) return;
}
