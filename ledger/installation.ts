import { SsakvError } from '../domain/errors/ssakv-error';
import type { LedgerDatabase } from './schema';

/**
 * Binds a new ledger to this installation, or checks that it is bound to it.
 * Fails with InstallationMismatch: fingerprints and marks made with another key would all look foreign.
 */
export async function ensureInstallation(
  db: LedgerDatabase,
  installationId: string,
  keyId: string,
): Promise<void> {
  await db
    .insertInto('installation')
    .values({ installation_id: installationId, key_id: keyId })
    .onConflict((conflict) => conflict.column('only_row').doNothing())
    .execute();
  const found = await db
    .selectFrom('installation')
    .select(['installation_id', 'key_id'])
    .executeTakeFirstOrThrow();
  if (found.installation_id !== installationId) {
    throw new SsakvError('InstallationMismatch', {
      detail: `The ledger belongs to installation ${found.installation_id}, not to ${installationId}.`,
    });
  }
  if (found.key_id !== keyId) {
    throw new SsakvError('InstallationMismatch', {
      detail: 'The installation key is not the one of this ledger.',
    });
  }
}
