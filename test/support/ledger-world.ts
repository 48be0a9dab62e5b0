import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { ConnectorSettings } from '../../domain/connectors';
import { applyConnector } from '../../ledger/connectors';
import { openCycle, type CycleKind } from '../../ledger/cycles';
import type { LedgerDatabase } from '../../ledger/database';
import { getPairs, insertPairs, moveBases, type Pair, type PairBase } from '../../ledger/pairs';
import {
  completeScan,
  recordExternalSecrets,
  recordSecrets,
  startScan,
  type ExternalSecretRow,
  type SecretRow,
} from '../../ledger/scans';

export const vaultUrl = 'https://contoso.vault.azure.net';
export const auditKey = Buffer.alloc(32, 7);

export function connectorSettings(
  displayName: string,
  changes: Partial<ConnectorSettings> = {},
): ConnectorSettings {
  const limit = { value: 100, source: 'default' } as const;
  return {
    displayName,
    vault: {
      url: vaultUrl,
      tenantId: '00000000-0000-0000-0000-000000000001',
      clientId: '00000000-0000-0000-0000-000000000002',
      authMethod: 'Certificate',
      credential: { kind: 'certificate', path: 'credentials/contoso.pem' },
      cloud: {
        name: 'AzurePublic',
        authority: 'https://login.microsoftonline.com',
        vaultSuffix: 'vault.azure.net',
        hsmSuffix: 'managedhsm.azure.net',
        resourceManager: 'https://management.azure.com',
        instanceDiscovery: true,
        challengeVerification: true,
      },
    },
    secretServer: {
      name: 'main',
      url: 'https://secrets.example.com/SecretServer',
      authMethod: 'password',
      username: 'ssakv',
      credential: { kind: 'env', name: 'SS_PASSWORD' },
      leastVersion: '11.2',
    },
    syncMode: 'PushOnly',
    syncIntervalSeconds: 60,
    deltaSync: true,
    externalSecretPrefix: 'ss',
    autoTagExternalSecrets: true,
    conflictResolution: 'SecretServerWins',
    fullReconcileSeconds: 86_400,
    tagRefresh: 'drift',
    throttle: {
      maxRequestsPer10s: limit,
      burstCapacity: limit,
      retryPolicy: 'exponential',
      retryMaxAttempts: 5,
      retryBaseDelayMs: 500,
      externalSecretsPerBatch: limit,
      batchIntervalMs: 0,
      parallelTemplateWorkers: 4,
      deltaPageSize: limit,
    },
    templateMaps: [],
    syncRules: [{ folder: 'Production', includeSubfolders: true }],
    ...changes,
  };
}

/** A connector under a name of its own, so that the tests of a file do not meet. */
export async function newConnector(
  db: LedgerDatabase,
  name = `c-${randomUUID().slice(0, 8)}`,
): Promise<string> {
  await applyConnector(db, connectorSettings(name), 'test');
  return name;
}

export async function newCycle(
  db: LedgerDatabase,
  connector: string,
  kind: CycleKind = 'full',
  dryRun = false,
): Promise<string> {
  const id = randomUUID();
  await openCycle(db, { id, connector, kind, dryRun, workflowId: `sync/${connector}`, runId: randomUUID() });
  return id;
}

export function secretRow(secretId: number, changes: Partial<SecretRow> = {}): SecretRow {
  return {
    secretId,
    name: `secret ${secretId}`,
    folderId: 3,
    folderPath: 'Production/Oracle',
    templateId: 6,
    templateName: 'Oracle Account',
    active: true,
    stamp: `stamp ${secretId}`,
    access: {
      checkOutEnabled: false,
      checkedOut: false,
      requiresApproval: false,
      requiresComment: false,
      doubleLock: false,
      restricted: false,
    },
    ...changes,
  };
}

/** Names in one vault are unique over all connectors, so they carry the connector's. */
export function externalNameOf(connector: string, secretId: number): string {
  return `${connector}-${secretId}`;
}

export function externalSecretRow(
  connector: string,
  secretId: number,
  changes: Partial<ExternalSecretRow> = {},
): ExternalSecretRow {
  return {
    name: externalNameOf(connector, secretId),
    enabled: true,
    createdSeconds: 1_700_000_000,
    updatedSeconds: 1_700_000_000,
    contentType: 'application/json',
    tags: { 'ss-managed': 'true', 'ss-secret-id': String(secretId) },
    managed: false,
    ...changes,
  };
}

export function baseOf(connector: string, secretId: number, changes: Partial<PairBase> = {}): PairBase {
  const external = externalSecretRow(connector, secretId);
  return {
    keyVaultVersion: '0123456789abcdef0123456789abcdef',
    keyVaultUpdatedSeconds: external.updatedSeconds,
    settled: true,
    fingerprints: { password: `k1.1.${'a'.repeat(43)}` },
    tags: external.tags,
    sourceStamp: secretRow(secretId).stamp,
    ...changes,
  };
}

/** Pairs with bases, in the order of the secret ids. */
export async function newPairs(
  db: LedgerDatabase,
  connector: string,
  secretIds: readonly number[],
  withBase = true,
): Promise<readonly Pair[]> {
  const rows = secretIds.map((secretId) => ({
    secretId,
    externalName: externalNameOf(connector, secretId),
    ssTemplate: 'Oracle Account',
  }));
  await insertPairs(db, connector, vaultUrl, rows);
  const pairs = await getPairs(db, connector, secretIds);
  if (!withBase) return pairs;
  await moveBases(
    db,
    pairs.map((pair) => ({ pairId: pair.id, base: baseOf(connector, pair.secretId), syncVersion: 1 })),
  );
  // The driver's dates have milliseconds: a base of the millisecond in which a scan begins counts as newer than the scan.
  await sql`update pair set base_moved_at = base_moved_at - interval '1 second' where connector = ${connector}`.execute(
    db,
  );
  return await getPairs(db, connector, secretIds);
}

export interface SeenWorld {
  readonly secrets: readonly SecretRow[];
  readonly externals: readonly ExternalSecretRow[];
}

/** Both scans of a cycle, started after everything that came before, and completed unless told otherwise. */
export async function scanBothSides(
  db: LedgerDatabase,
  cycleId: string,
  connector: string,
  seen: SeenWorld,
  complete = true,
) {
  const keyVault = await startScan(db, cycleId, connector, 'keyVault');
  const secretServer = await startScan(db, cycleId, connector, 'secretServer');
  await recordExternalSecrets(db, connector, keyVault.generation, seen.externals);
  await recordSecrets(db, connector, secretServer.generation, seen.secrets);
  if (complete) {
    await completeScan(db, cycleId, 'keyVault', keyVault.generation);
    await completeScan(db, cycleId, 'secretServer', secretServer.generation);
  }
  return {
    keyVaultGeneration: keyVault.generation,
    secretServerGeneration: secretServer.generation,
    scanStartedAt: keyVault.startedAt,
  };
}
