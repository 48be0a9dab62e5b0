import { commonSyncMode } from '../../domain/compare';
import type { ErrorCode } from '../../domain/errors/catalogue';
import { externalName } from '../../domain/names';
import { openCases } from '../../ledger/cases';
import { recordDecisions, type DecisionRow } from '../../ledger/decisions';
import { insertPairs, type NameCollision, type NewPair } from '../../ledger/pairs';
import type { SecretRow } from '../../ledger/scans';
import { mapOfTemplate } from './secret-rows';
import type { SyncContext } from './sync-context';

/**
 * Makes a pair for each secret whose template has a map. Those that cannot get one become a decision of the cycle:
 * `TemplateWithoutMap`, `SyncDirectionsContradict`, `NameInvalid`, or `NameCollision` with a case.
 */
export async function registerPairs(context: SyncContext, secrets: readonly SecretRow[]): Promise<void> {
  const { services, settings, cycleId } = context;
  const { displayName, vault } = settings;
  const registrations = secrets.map((secret) => registrationOf(context, secret));
  const wanted = registrations.flatMap((one) => (one.kind === 'pair' ? [one.pair] : []));
  const { collisions } = await insertPairs(services.db, displayName, vault.url, wanted);
  await openCases(
    services.db,
    collisions.map((collision) => ({
      connector: displayName,
      secretId: collision.secretId,
      externalName: collision.externalName,
      kind: 'NameCollision',
      code: 'NameCollision',
      detail: takenBy(collision),
      cycleId,
    })),
  );
  await recordDecisions(services.db, cycleId, [
    ...registrations.flatMap((one) => (one.kind === 'refused' ? [one.row] : [])),
    ...collisions.map(collisionRow),
  ]);
}

type Registration =
  { readonly kind: 'pair'; readonly pair: NewPair } | { readonly kind: 'refused'; readonly row: DecisionRow };

function registrationOf({ settings }: SyncContext, secret: SecretRow): Registration {
  const map = mapOfTemplate(settings, secret.templateName);
  const prefix = map?.externalSecretPrefix ?? settings.externalSecretPrefix;
  const name = externalName(prefix, secret.secretId);
  const { secretId } = secret;
  const refused = (code: ErrorCode, detail: string, state: 'reported' | 'failed'): Registration => ({
    kind: 'refused',
    row: unpairedRow(secretId, name.name, { decision: 'withoutPair', code, detail, state }),
  });
  if (map === undefined)
    return refused('TemplateWithoutMap', `The template is "${secret.templateName}".`, 'reported');
  if (commonSyncMode(settings.syncMode, map.syncDirection) === undefined) {
    return refused('SyncDirectionsContradict', `The template is "${secret.templateName}".`, 'failed');
  }
  if (name.kind === 'invalid') return refused('NameInvalid', `For ${name.name}: ${name.reason}.`, 'failed');
  return { kind: 'pair', pair: { secretId, externalName: name.name, ssTemplate: map.ssTemplate } };
}

function collisionRow(collision: NameCollision): DecisionRow {
  const outcome = {
    decision: 'hold',
    code: 'NameCollision',
    detail: takenBy(collision),
    state: 'held',
  } as const;
  return unpairedRow(collision.secretId, collision.externalName, outcome);
}

function takenBy({ takenByConnector, takenBySecretId }: NameCollision): string {
  return `The name belongs to secret ${takenBySecretId} of connector ${takenByConnector}.`;
}

/** The row of a secret that has no pair. */
export function unpairedRow(
  secretId: number,
  name: string,
  outcome: Pick<DecisionRow, 'decision' | 'code' | 'detail' | 'state'>,
): DecisionRow {
  return {
    pairId: undefined,
    secretId,
    externalName: name,
    row: 0,
    keyVaultVersion: undefined,
    syncVersion: 0,
    ...outcome,
  };
}
