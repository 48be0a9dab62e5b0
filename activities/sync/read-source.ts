import type { SecretServerConnection } from '../../adapters/secret-server/client';
import { readSecret } from '../../adapters/secret-server/secrets';
import {
  fieldFor,
  toCanonical,
  type CanonicalSecret,
  type SecretProblem,
} from '../../domain/canonical-values';
import type { ParkReason } from '../../domain/compare';
import type { TemplateMap } from '../../domain/template-maps';
import type { SecretAccess } from '../../ledger/scans';

/** What Secret Server has to say about one secret's value now. The value stays in the caller's memory. */
export type SourceReading =
  | { readonly kind: 'value'; readonly values: CanonicalSecret }
  | { readonly kind: 'parked'; readonly reason: ParkReason }
  | { readonly kind: 'invalid'; readonly problems: readonly SecretProblem[] };

const comment = 'Synchronized to Azure Key Vault by ssakv';

/**
 * Reads a secret and brings it into the map's form. Only files that the map names are fetched; nothing is checked out.
 *
 * Problems: `SecretAccessDenied`, and those of `toCanonical`. Errors: the `SecretServer…` codes.
 */
export async function readSource(
  connection: SecretServerConnection,
  map: TemplateMap,
  secretId: number,
): Promise<SourceReading> {
  const wantsFile = (field: { slug: string; name: string }): boolean =>
    map.fieldMap.some((mapping) => fieldFor(mapping, [field]) !== undefined);
  const reading = await readSecret(connection, secretId, { comment, wantsFile });
  switch (reading.kind) {
    case 'accessDenied':
      // Not there, deleted and forbidden are answered alike, so this never means that the secret is gone.
      return { kind: 'invalid', problems: [{ code: 'SecretAccessDenied', detail: '' }] };
    case 'parked':
      return reading;
    case 'read':
      return canonical(map, reading.secret.fields);
  }
}

/** What the summary already tells about a read that would only be refused. */
export function parkedBySummary(access: SecretAccess): ParkReason | undefined {
  if (access.doubleLock) return 'DoubleLocked';
  return access.checkedOut ? 'CheckedOut' : undefined;
}

function canonical(map: TemplateMap, fields: Parameters<typeof toCanonical>[1]): SourceReading {
  const result = toCanonical(map, fields);
  return result.kind === 'invalid' ? result : { kind: 'value', values: result.values };
}
