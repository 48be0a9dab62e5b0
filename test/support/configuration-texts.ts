import { parseConnector } from '../../config/connector-files';
import { parseRuntimeSettings, type RuntimeSettings } from '../../config/runtime-settings';
import type { ConnectorSettings } from '../../domain/connectors';
import { SsakvError } from '../../domain/errors/ssakv-error';

/** The connector of the guide with its placeholders filled in. */
export const guideConnector: Readonly<Record<string, unknown>> = {
  connectorType: 'AzureKeyVault',
  displayName: 'akv-prod-eastus',
  tenantId: '72f988bf-86f1-41af-91ab-2d7cd011db47',
  clientId: '7ab7862c-4c57-491e-8a45-d52a7e023983',
  keyVaultUrl: 'https://my-vault.vault.azure.net',
  authMethod: 'Certificate',
  syncMode: 'Bidirectional',
  syncIntervalSeconds: 300,
  deltaSync: true,
  externalSecretPrefix: 'ss-prod',
  autoTagExternalSecrets: true,
  conflictResolution: 'SecretServerWins',
  enginePoolId: 3,
};

/** The same with members replaced, or removed by undefined. */
export function connectorText(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ ...guideConnector, ...changes }, undefined, 2);
}

export const serversText = `secret_servers:
  - name: main
    url: https://vault.example.com/SecretServer
    username: svc
    credential: { file: credentials/secret-server.txt }
`;

export const runtimeText = `installation: { id: prod-1, key: { file: credentials/installation.key } }
ledger: { url: "postgres://ssakv@db.example.com/ssakv" }
temporal: { address: "temporal.example.com:7233" }
`;

interface Texts {
  readonly connector?: string;
  readonly maps?: string;
  readonly throttle?: string;
  readonly servers?: string;
}

/** Parses a connector of which only some files matter to the test. */
export function connectorOf({
  connector = connectorText(),
  maps,
  throttle,
  servers = serversText,
}: Texts): ConnectorSettings {
  return parseConnector({
    connector: { file: 'connector.json', text: connector },
    maps: maps === undefined ? undefined : { file: 'template-maps.yaml', text: maps },
    throttle: throttle === undefined ? undefined : { file: 'akv-throttle.ini', text: throttle },
    servers: { file: 'secret-servers.yaml', text: servers },
    folder: '/etc/ssakv',
  });
}

/** Parses ssakv.yaml: the smallest one, with more text after it. */
export function runtimeOf(text: string): RuntimeSettings {
  return parseRuntimeSettings({ file: '/etc/ssakv/ssakv.yaml', text });
}

/** The error that the work throws; fails when it throws none, or another one. */
export function refusalOf(work: () => unknown): SsakvError {
  try {
    work();
  } catch (error) {
    if (error instanceof SsakvError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
