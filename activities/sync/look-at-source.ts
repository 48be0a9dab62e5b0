import type { KeyVaultSide, SecretServerSide } from '../../domain/compare';
import type { SsakvError } from '../../domain/errors/ssakv-error';
import { fingerprint } from '../../domain/fingerprints';
import type { TemplateMap } from '../../domain/template-maps';
import type { MovedPair } from '../../ledger/moved-pairs';
import type { PlanContext } from './plan-context';
import { parkedBySummary, readSource } from './read-source';

/**
 * Secret Server's side of a moved pair. The value is read once, and only where the decision depends on it.
 *
 * Gives the error when it concerns this secret alone. Throws the `SecretServer…` codes that concern the server.
 */
export async function lookAtSource(
  context: PlanContext,
  moved: MovedPair,
  map: TemplateMap,
  external: KeyVaultSide,
): Promise<SecretServerSide | SsakvError> {
  const { pair, secret } = moved;
  if (secret === undefined || moved.reasons.includes('gone')) return { kind: 'gone' };
  const reason = parkedBySummary(secret.access);
  if (reason !== undefined) return { kind: 'parked', reason };
  if (decidesAlone(external, pair.base !== undefined)) return { kind: 'unread' };
  return await context.secretServerFailures.ofOneSecret(async () => {
    const reading = await readSource(context.connections.secretServer, map, pair.secretId);
    if (reading.kind !== 'value') return reading;
    const fingerprints = fingerprint(context.services.keys.fingerprint, pair.id, reading.values);
    return { kind: 'present', fingerprints };
  });
}

/** Whether Key Vault's side decides whatever the value is: a name to be made, taken, disabled or vanished. */
function decidesAlone(external: KeyVaultSide, hasBase: boolean): boolean {
  switch (external.kind) {
    case 'absent':
    case 'disabled':
    case 'softDeleted':
      return true;
    case 'presentNotOurFormat':
      return !hasBase && external.mark.kind !== 'ours';
    case 'present':
    case 'unchanged':
      return false;
  }
}
