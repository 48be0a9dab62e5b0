import { createHash, hkdfSync } from 'node:crypto';
import type { FingerprintKey } from './fingerprints';
import { SsakvError } from './errors/ssakv-error';

/** The keys that all derive from the one installation key, each for one purpose. */
export interface InstallationKeys {
  readonly installationId: string;
  readonly fingerprint: FingerprintKey;
  readonly mark: Buffer;
  readonly audit: Buffer;
}

const keyBytes = 32;

/**
 * Derives the keys of one installation by HKDF-SHA-256 (RFC 5869), so that none of them tells anything of another.
 *
 * `key` holds 32 bytes or more. The key id is a digest of the derived key: a changed installation key shows as an
 * unknown key id and not as changed values. Throws `InstallationKeyTooShort`.
 */
export function deriveInstallationKeys(installationId: string, key: Buffer): InstallationKeys {
  if (key.length < keyBytes) {
    throw new SsakvError('InstallationKeyTooShort', { detail: `It has ${key.length} bytes.` });
  }
  const derive = (purpose: string): Buffer =>
    Buffer.from(hkdfSync('sha256', key, installationId, `ssakv ${purpose} v1`, keyBytes));
  const fingerprintKey = derive('fingerprints');
  return {
    installationId,
    fingerprint: { keyId: keyIdOf(fingerprintKey), key: fingerprintKey },
    mark: derive('ownership marks'),
    audit: derive('audit'),
  };
}

function keyIdOf(key: Buffer): string {
  return createHash('sha256').update('ssakv key id').update(key).digest('hex').slice(0, 12);
}
