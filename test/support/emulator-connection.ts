import type { VaultSettings } from '../../domain/connectors';
import { entraCredential } from '../../adapters/entra/credential';
import { openKeyVaultSecrets, type KeyVaultOptions } from '../../adapters/key-vault/secrets/client';
import { vaultOn } from './adapter-settings';
import type { Emulators } from './emulators';

/** The vault of the stand-in as a connector would name it. */
export function emulatedVault({ ready }: Emulators, change: Partial<VaultSettings> = {}): VaultSettings {
  const settings = vaultOn(ready.keyVault.url, ready.caFile);
  const { tenantId, clientId, authority } = ready.entra;
  return { ...settings, tenantId, clientId, cloud: { ...settings.cloud, authority }, ...change };
}

/** The product's own connection to the stand-in, signed in by client secret. */
export function openConnectionToEmulator(emulators: Emulators, options: Partial<KeyVaultOptions> = {}) {
  const vault = emulatedVault(emulators);
  const credential = entraCredential(vault, { kind: 'text', text: emulators.ready.entra.clientSecret });
  return openKeyVaultSecrets(vault, credential, { requestTimeoutMs: 10_000, ...options });
}
