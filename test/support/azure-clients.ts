import { ClientCertificateCredential, ClientSecretCredential } from '@azure/identity';
import { SecretClient, type SecretClientOptions } from '@azure/keyvault-secrets';
import type { Emulators } from './emulators';

const NO_RETRIES = { retryOptions: { maxRetries: 0 } };

/** The registered app by its client secret, or by another one. */
export function secretCredential(
  emulators: Emulators,
  change: { clientId?: string; secret?: string; tenantId?: string } = {},
) {
  const { entra } = emulators.ready;
  return new ClientSecretCredential(
    change.tenantId ?? entra.tenantId,
    change.clientId ?? entra.clientId,
    change.secret ?? entra.clientSecret,
    identityOptions(emulators),
  );
}

/** The registered app by its certificate, or by another PEM file. */
export function certificateCredential(emulators: Emulators, certificatePath?: string) {
  const { entra } = emulators.ready;
  const file = certificatePath ?? entra.certificatePath;
  return new ClientCertificateCredential(
    entra.tenantId,
    entra.clientId,
    { certificatePath: file },
    identityOptions(emulators),
  );
}

/** The official client on the Key Vault stand-in, without retries. */
export function secretClient(emulators: Emulators, options: SecretClientOptions = {}): SecretClient {
  return new SecretClient(emulators.ready.keyVault.url, secretCredential(emulators), {
    disableChallengeResourceVerification: true,
    tlsOptions: { ca: emulators.ca },
    ...NO_RETRIES,
    ...options,
  });
}

function identityOptions({ ready, ca }: Emulators) {
  return {
    authorityHost: ready.entra.authority,
    disableInstanceDiscovery: true,
    tlsOptions: { ca },
    ...NO_RETRIES,
  };
}
