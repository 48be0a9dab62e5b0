import { randomText } from './new-installation';
import { createSecret } from './secret-store';
import type { Account, Folder, Template } from './state';
import type { World } from './world';

/** Which secrets to make. */
export interface BulkRequest {
  readonly template: Template;
  readonly folder: Folder;
  readonly count: number;
  readonly namePrefix: string;
  /** With it every value is `<valuePrefix>-<slug>-<number>`; without, values are random. */
  readonly valuePrefix?: string | undefined;
}

/** Makes many secrets at once, named `<namePrefix>-1` and so on. Returns their ids. File fields stay empty. */
export function createSecrets(world: World, account: Account, request: BulkRequest): number[] {
  const { template, folder, count, namePrefix, valuePrefix } = request;
  return world.stampFromThePast(count, () =>
    Array.from({ length: count }, (_, index) => {
      const number = index + 1;
      const values = template.fields.map((field) => ({
        fieldId: field.id,
        value: valuePrefix === undefined ? randomText(12) : `${valuePrefix}-${field.slug}-${number}`,
      }));
      const name = `${namePrefix}-${number}`;
      return createSecret(world, account, { name, templateId: template.id, folderId: folder.id, values }).id;
    }),
  );
}
