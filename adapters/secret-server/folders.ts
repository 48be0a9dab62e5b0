import { z } from 'zod';
import { orAbsent } from '../http/answers';
import type { SecretServerConnection } from './client';
import { pages } from './paging';

export interface Folder {
  readonly id: number;
  /** `A/B`, no leading slash. */
  readonly path: string;
  /** undefined for a folder at the root. */
  readonly parentId: number | undefined;
}

const folderAnswer = z.object({
  id: z.number().int(),
  folderName: z.string(),
  folderPath: z.string(),
  parentFolderId: orAbsent(z.number().int()),
});

/** All folders that the account may see. Errors: the `SecretServer…` codes. Source: GET v1/folders. */
export async function listFolders(connection: SecretServerConnection): Promise<readonly Folder[]> {
  const folders: Folder[] = [];
  const request = { operation: 'folders', method: 'GET', path: '/api/v1/folders' } as const;
  for await (const records of pages(connection, request, folderAnswer)) {
    for (const { id, folderPath, parentFolderId } of records) {
      const parentId = parentFolderId === undefined || parentFolderId < 0 ? undefined : parentFolderId;
      folders.push({ id, path: folderPathOf(folderPath), parentId });
    }
  }
  return folders;
}

/** Secret Server writes `\A\B`; everywhere else in this product it is `A/B`. */
export function folderPathOf(path: string): string {
  return path.split('\\').filter(Boolean).join('/');
}
