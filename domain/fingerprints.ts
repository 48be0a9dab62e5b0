import { createHmac } from 'node:crypto';
import type { CanonicalSecret } from './canonical-values';

/** JSON key → `<keyId>.<form>.<base64url HMAC-SHA-256>`. */
export type Fingerprints = Readonly<Record<string, string>>;

export interface FingerprintKey {
  /** Letters, digits and hyphens; names the key without telling it. */
  readonly keyId: string;
  readonly key: Buffer;
}

export type FingerprintComparison =
  | { readonly kind: 'equal' }
  | { readonly kind: 'differ'; readonly keys: readonly string[] }
  | { readonly kind: 'incomparable' };

/** Version of the canonical form that is fingerprinted. A new form makes old fingerprints incomparable, not different. */
const canonicalForm = '1';
const pattern = /^([A-Za-z0-9-]+)\.([A-Za-z0-9-]+)\.[A-Za-z0-9_-]{43}$/;

/**
 * One keyed digest for each value. The pair's number and the key's name are bound in, so that equal passwords of two
 * pairs, or of two fields, do not show as equal to a reader of the ledger.
 */
export function fingerprint(key: FingerprintKey, pairId: number, values: CanonicalSecret): Fingerprints {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const bound = JSON.stringify([pairId, name, value]);
      const mac = createHmac('sha256', key.key).update(bound).digest('base64url');
      return [name, `${key.keyId}.${canonicalForm}.${mac}`];
    }),
  );
}

/**
 * Compares two sets of fingerprints of one pair. `keys` are those that differ or stand on one side only, sorted.
 *
 * `incomparable` when any fingerprint was made with another key or another canonical form: that says nothing about the
 * values, so it must never be read as a change.
 */
export function compareFingerprints(a: Fingerprints, b: Fingerprints): FingerprintComparison {
  if (origins(a, b) === 'mixed') return { kind: 'incomparable' };
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => a[key] !== b[key]).sort();
  return keys.length === 0 ? { kind: 'equal' } : { kind: 'differ', keys };
}

/** Whether all fingerprints were made with one key and in the form that this version writes. */
function origins(...sets: readonly Fingerprints[]): 'one' | 'mixed' {
  const keyIds = new Set<string>();
  for (const text of sets.flatMap((set) => Object.values(set))) {
    const [, keyId, form] = pattern.exec(text) ?? [];
    if (keyId === undefined || form !== canonicalForm) return 'mixed';
    keyIds.add(keyId);
  }
  return keyIds.size <= 1 ? 'one' : 'mixed';
}
