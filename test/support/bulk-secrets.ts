import type { Emulators } from './emulators';

/** Makes web passwords below `Production`, which the demo's rules govern. Returns their numbers. */
export async function createBulkSecrets(
  emulators: Emulators,
  count: number,
  names: { readonly namePrefix: string; readonly valuePrefix?: string },
): Promise<readonly number[]> {
  const { control } = emulators;
  const { folderId } = await control.editSecretServer<{ folderId: number }>({
    edit: 'createFolder',
    path: '\\Production\\Bulk',
  });
  const { secretIds } = await control.editSecretServer<{ secretIds: number[] }>({
    edit: 'createSecrets',
    folderId,
    template: 'Web Password',
    count,
    ...names,
  });
  return secretIds;
}
