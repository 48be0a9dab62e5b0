import { z } from 'zod';
import type { Guides } from './checking';
import { cloudSetting, knownClouds } from './clouds';
import { credentialReference } from './credential-references';
import { choice, number, trueOrFalse } from './key-guides';
import { text, whole } from './rules';
import { proxyUrl } from './urls';

export const displayNamePattern = /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/;

/** Leaves room for a dash and an id, and for `-connection-probe`, within the 127 characters of a Key Vault name. */
export const prefixPattern = /^[0-9A-Za-z]([0-9A-Za-z-]{0,98}[0-9A-Za-z])?$/;

const syncModes = ['Bidirectional', 'PushOnly', 'PullOnly'] as const;
const authMethods = ['Certificate', 'ManagedIdentity', 'WorkloadIdentity', 'ClientSecret'] as const;
const conflictResolutions = ['SecretServerWins', 'AzureWins', 'Manual'] as const;
const tagRefreshes = ['drift', 'always'] as const;

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** A tenant is named by its GUID or by one of its domains. */
const tenant = /^[0-9A-Za-z]([0-9A-Za-z.-]*[0-9A-Za-z])?$/;

/** The connector JSON as written. Cross-checks between keys are in connector-rules.ts. */
export const connectorSchema = z.strictObject({
  connectorType: z.literal('AzureKeyVault').default('AzureKeyVault'),
  displayName: text(displayNamePattern),
  tenantId: text(tenant),
  clientId: text(guid),
  /** Checked against the cloud in connector-rules.ts, so that a fault is told once and with the cloud's domain. */
  keyVaultUrl: z.string(),
  authMethod: z.enum(authMethods).default('Certificate'),
  syncMode: z.enum(syncModes).default('Bidirectional'),
  syncIntervalSeconds: whole(1, 86_400).default(300),
  deltaSync: z.boolean().default(true),
  externalSecretPrefix: text(prefixPattern),
  autoTagExternalSecrets: z.boolean().default(true),
  conflictResolution: z.enum(conflictResolutions).optional(),
  enginePoolId: whole(1, 1_000_000).optional(),
  secretServer: z.string().min(1).optional(),
  cloud: cloudSetting().default(knownClouds.public),
  credential: credentialReference([
    'certificate',
    'managedIdentity',
    'workloadIdentity',
    'file',
    'env',
    'secretServerSecret',
  ]).optional(),
  fullReconcileSeconds: whole(60, 31_536_000).default(86_400),
  tagRefresh: z.enum(tagRefreshes).default('drift'),
  proxy: proxyUrl().optional(),
  caFile: z.string().min(1).optional(),
});

export type ConnectorFile = z.infer<typeof connectorSchema>;

/** Settled keys whose behaviour arrives with a later version. */
export const connectorNotYet: readonly string[] = ['untaggedVersion', 'pullSensitive', 'initialMode', 'caps'];

export const connectorGuides: Guides = {
  connectorType: choice(['AzureKeyVault'], '"AzureKeyVault"'),
  displayName: {
    expected: '1 to 63 letters, digits and dashes, beginning with a letter or digit',
    example: '"akv-prod-eastus"',
    shown: 'name',
  },
  tenantId: {
    expected: 'the id (GUID) or a domain of the Entra tenant, in place of the placeholder',
    example: '"72f988bf-86f1-41af-91ab-2d7cd011db47"',
    shown: 'name',
  },
  clientId: {
    expected: 'the client id (GUID) of the App Registration or managed identity, in place of the placeholder',
    example: '"7ab7862c-4c57-491e-8a45-d52a7e023983"',
    shown: 'name',
  },
  keyVaultUrl: {
    expected: 'https://<vault-name>.vault.azure.net',
    example: '"https://my-vault.vault.azure.net"',
    shown: 'url',
  },
  authMethod: choice(authMethods, '"Certificate"'),
  syncMode: choice(syncModes, '"Bidirectional"'),
  syncIntervalSeconds: number('a whole number of seconds from 1 to 86400', '300'),
  deltaSync: trueOrFalse('true'),
  externalSecretPrefix: {
    expected: 'letters, digits and dashes, at most 100, not beginning or ending with a dash',
    example: '"ss-prod"',
    shown: 'name',
  },
  autoTagExternalSecrets: trueOrFalse('true'),
  conflictResolution: choice(conflictResolutions, '"SecretServerWins"'),
  enginePoolId: number('a whole number from 1', '3'),
  secretServer: { expected: 'a name of secret-servers.yaml', example: '"main"', shown: 'name' },
  cloud: {
    expected: 'public, usGovernment, china, or an object for a custom cloud',
    example: '"public"',
    shown: 'nearMiss',
    oneOf: Object.keys(knownClouds),
  },
  credential: {
    expected: 'a reference',
    example: '{"certificate": {"path": "credentials/name.pem"}}',
    shown: 'never',
  },
  fullReconcileSeconds: number('a whole number of seconds from 60 to 31536000', '86400'),
  tagRefresh: choice(tagRefreshes, '"drift"'),
  proxy: {
    expected: 'the URL of an HTTP proxy without credentials',
    example: '"http://proxy.example.com:3128"',
    shown: 'url',
  },
  caFile: { expected: 'the path of a PEM file', example: '"ca.pem"', shown: 'name' },
};
