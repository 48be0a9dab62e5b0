import { CallLog } from './frame/call-log';
import { Clock } from './frame/clock';
import { Faults } from './frame/faults';
import type { World } from './frame/front';
import type { ServiceName, StandIn } from './frame/stand-in';
import { StateStore } from './frame/state-store';
import { createEntra, type EntraStandIn } from './entra/entra';
import { createKeyVault, type KeyVaultStandIn } from './key-vault/key-vault';
import { createSecretServer, type SecretServerStandIn } from './secret-server/secret-server';
import { seedDemoWorld } from './demo-world/demo-world';

/** All stand-ins with what they share. */
export interface EmulatedWorld extends World {
  readonly entra: EntraStandIn;
  readonly keyVault: KeyVaultStandIn;
  readonly secretServer: SecretServerStandIn;
  readonly store: StateStore;
  /** Every stand-in as on a first start. */
  reset(): void;
}

/**
 * Builds the stand-ins on the state in `dataDirectory`.
 *
 * @param options.demo begin with the demo's secrets in Secret Server
 * @param options.authority the URL of the Entra stand-in without a final slash, once it listens
 */
export function buildWorld(options: {
  dataDirectory: string;
  demo: boolean;
  authority: () => string;
}): EmulatedWorld {
  const clock = new Clock();
  const standIns = new Map<ServiceName, StandIn>();
  const store = new StateStore(options.dataDirectory, () => standIns.values());
  const shared = { clock, onChange: () => store.saveSoon() };
  const entra = createEntra(shared);
  const keyVault = createKeyVault({
    ...shared,
    trust: () => ({
      authorization: `${options.authority()}/${entra.directory.tenantId}`,
      issuer: entra.directory.issuer,
      signingKey: entra.directory.verifyingKey,
    }),
  });
  const secretServer = createSecretServer(shared);
  for (const standIn of [entra, keyVault, secretServer]) standIns.set(standIn.service, standIn);
  const seed = () => {
    if (options.demo) seedDemoWorld(secretServer);
  };
  if (!store.restore()) seed();
  return {
    clock,
    log: new CallLog(),
    faults: new Faults(),
    latency: new Map(),
    standIns,
    entra,
    keyVault,
    secretServer,
    store,
    reset() {
      for (const standIn of standIns.values()) standIn.reset();
      seed();
    },
  };
}
