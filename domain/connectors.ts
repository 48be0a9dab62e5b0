import type { SyncMode } from './sync-modes';
import type { TemplateMap, SyncRule, ConflictResolutionBlock } from './template-maps';

/** Where a credential is read from. Never the credential itself. Source: docs/configuration.md#credentials. */
export type CredentialReference =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'certificate'; readonly path: string }
  | { readonly kind: 'managedIdentity'; readonly clientId?: string }
  | { readonly kind: 'workloadIdentity' }
  | { readonly kind: 'secretServerSecret'; readonly secretId: number };

/** The endpoints of one Azure cloud. `vaultSuffix` and `hsmSuffix` carry no leading dot. */
export interface CloudSettings {
  readonly name: string;
  readonly authority: string;
  readonly vaultSuffix: string;
  readonly hsmSuffix: string;
  readonly resourceManager: string;
  /** Entra's instance discovery; off for authorities that Microsoft does not know. */
  readonly instanceDiscovery: boolean;
  /** Key Vault's check that the challenge names the vault's own domain; off only for a custom cloud. */
  readonly challengeVerification: boolean;
}

export type ConflictResolution = 'SecretServerWins' | 'AzureWins' | 'Manual';
export type AuthMethod = 'Certificate' | 'ManagedIdentity' | 'WorkloadIdentity' | 'ClientSecret';

/** A number and which rule set it: the throttle file, or the stricter limit of the service. */
export interface EffectiveLimit {
  readonly value: number;
  readonly source: 'file' | 'default' | 'service limit';
}

/** The throttle file after the stricter of file and service limit has won. */
export interface ThrottleSettings {
  readonly maxRequestsPer10s: EffectiveLimit;
  readonly burstCapacity: EffectiveLimit;
  readonly retryPolicy: 'exponential' | 'fixed';
  readonly retryMaxAttempts: number;
  readonly retryBaseDelayMs: number;
  readonly externalSecretsPerBatch: EffectiveLimit;
  readonly batchIntervalMs: number;
  readonly parallelTemplateWorkers: number;
  readonly deltaPageSize: EffectiveLimit;
}

/** How to reach one Azure Key Vault. */
export interface VaultSettings {
  /** `https://<host>[:port]`, no trailing slash. */
  readonly url: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly authMethod: AuthMethod;
  readonly credential: CredentialReference;
  readonly cloud: CloudSettings;
  readonly proxy?: string;
  /** PEM file added to the trusted roots. Absolute path. */
  readonly caFile?: string;
}

/** How to reach one Secret Server (one block of secret-servers.yaml). */
export interface SecretServerSettings {
  readonly name: string;
  /** Base URL without trailing slash, e.g. `https://vault.example.com/SecretServer`. */
  readonly url: string;
  readonly authMethod: 'password' | 'clientCredentials';
  /** Account name for `password` (optionally `domain\\name`), client id for `clientCredentials`. */
  readonly username: string;
  readonly credential: CredentialReference;
  readonly leastVersion: string;
  /** Name of the installed report that lists changes, or undefined when no administrator installed it. */
  readonly changesReport?: string;
  readonly proxy?: string;
  readonly caFile?: string;
}

/** Everything the workers need to know of one connector; a versioned ledger row. References only, no secrets. */
export interface ConnectorSettings {
  /** Immutable. `^[A-Za-z0-9][A-Za-z0-9-]{0,62}$`. */
  readonly displayName: string;
  readonly vault: VaultSettings;
  readonly secretServer: SecretServerSettings;
  readonly syncMode: SyncMode;
  readonly syncIntervalSeconds: number;
  readonly deltaSync: boolean;
  readonly externalSecretPrefix: string;
  readonly autoTagExternalSecrets: boolean;
  readonly conflictResolution: ConflictResolution;
  /** Activities run on the task queue `ssakv-pool-<enginePoolId>`; on `ssakv` without one. */
  readonly enginePoolId?: number;
  readonly fullReconcileSeconds: number;
  readonly tagRefresh: 'drift' | 'always';
  readonly throttle: ThrottleSettings;
  readonly templateMaps: readonly TemplateMap[];
  readonly conflictBlock?: ConflictResolutionBlock;
  readonly syncRules: readonly SyncRule[];
}

export type ConnectorState =
  'Registered' | 'Testing' | 'InitialSync' | 'Active' | 'Paused' | 'Degraded' | 'Retired';

/** The task queue of a connector's activities. */
export function activityTaskQueue(settings: { readonly enginePoolId?: number | undefined }): string {
  return settings.enginePoolId === undefined ? workflowTaskQueue : `ssakv-pool-${settings.enginePoolId}`;
}

/** The task queue of all workflows. */
export const workflowTaskQueue = 'ssakv';
