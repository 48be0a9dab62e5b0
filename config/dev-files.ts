import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { demoTemplateMaps, demoThrottle } from './dev-texts';

/** The connector that `ssakv dev` sets up. */
export const demoConnector = { displayName: 'akv-prod-eastus', enginePoolId: 3 } as const;

/** What the stand-ins tell of themselves when they are ready. */
export interface StandIns {
  readonly secretServer: { readonly url: string; readonly username: string; readonly password: string };
  readonly keyVault: { readonly url: string };
  readonly entra: {
    readonly authority: string;
    readonly tenantId: string;
    readonly clientId: string;
    /** PEM file with certificate and key. */
    readonly certificatePath: string;
  };
  readonly caFile: string;
}

export interface DevFilesOptions {
  /** Made if it is missing; readable for this user only. */
  readonly folder: string;
  readonly standIns: StandIns;
  /** Without a password. */
  readonly ledgerUrl: string;
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl?: string };
  readonly ports: { readonly operators: number; readonly metrics: number; readonly workerMetrics: number };
  readonly syncIntervalSeconds: number;
  /** Shorter than the production minimums for trials; the defaults of ssakv.yaml when left out. */
  readonly timings?: {
    readonly requestTimeoutSeconds: number;
    readonly pairLeaseSeconds: number;
    readonly settleSeconds: number;
  };
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
}

export interface DevFiles {
  readonly settingsFile: string;
  readonly connectorFile: string;
  readonly displayName: string;
}

/**
 * Writes a full set of configuration files for the stand-ins.
 *
 * Files that follow from addresses are written anew at each start. The template maps, the throttle file and the
 * installation key are kept, so that a person may edit the former and the ledger stays readable by the latter.
 */
export function writeDevFiles(options: DevFilesOptions): DevFiles {
  const { folder, standIns } = options;
  const at = (name: string): string => path.join(folder, name);
  mkdirSync(at('credentials'), { recursive: true, mode: 0o700 });
  writePrivate(at(passwordFile), `${standIns.secretServer.password}\n`);
  writeOnce(at(keyFile), `${randomBytes(48).toString('base64')}\n`);
  writePrivate(at('ssakv.yaml'), settingsText(options));
  writePrivate(at('connector.json'), connectorText(options));
  writePrivate(at('secret-servers.yaml'), serversText(standIns));
  writeOnce(at('template-maps.yaml'), demoTemplateMaps);
  writeOnce(at('akv-throttle.ini'), demoThrottle);
  return {
    settingsFile: at('ssakv.yaml'),
    connectorFile: at('connector.json'),
    displayName: demoConnector.displayName,
  };
}

const passwordFile = 'credentials/secret-server.txt';
const keyFile = 'credentials/installation.key';
const written = 'Written by `ssakv dev` at each start; changes are lost.';

function settingsText({ standIns, ledgerUrl, temporal, ports, timings, logLevel }: DevFilesOptions): string {
  const loopback = (port: number) => ({ host: '127.0.0.1', port });
  return yamlText({
    development: true,
    installation: { id: 'dev', key: { file: keyFile } },
    ledger: { url: ledgerUrl },
    temporal: {
      address: temporal.address,
      namespace: temporal.namespace,
      ...(temporal.uiUrl === undefined ? {} : { ui_url: temporal.uiUrl }),
    },
    allow: {
      vaults: [standIns.keyVault.url],
      folders: ['Production'],
      credentials: [`certificate:${standIns.entra.certificatePath}`, `file:${passwordFile}`],
    },
    listeners: {
      operators: loopback(ports.operators),
      metrics: loopback(ports.metrics),
      worker_metrics: loopback(ports.workerMetrics),
    },
    ...(timings === undefined
      ? {}
      : {
          timings: {
            request_timeout_seconds: timings.requestTimeoutSeconds,
            pair_lease_seconds: timings.pairLeaseSeconds,
            settle_seconds: timings.settleSeconds,
          },
        }),
    pool_ids: [demoConnector.enginePoolId],
    log_level: logLevel ?? 'info',
  });
}

function connectorText({ standIns, syncIntervalSeconds }: DevFilesOptions): string {
  const { entra, keyVault, caFile } = standIns;
  const settings = {
    connectorType: 'AzureKeyVault',
    displayName: demoConnector.displayName,
    tenantId: entra.tenantId,
    clientId: entra.clientId,
    keyVaultUrl: keyVault.url,
    authMethod: 'Certificate',
    syncMode: 'Bidirectional',
    syncIntervalSeconds,
    deltaSync: true,
    externalSecretPrefix: 'ss-prod',
    autoTagExternalSecrets: true,
    conflictResolution: 'SecretServerWins',
    enginePoolId: demoConnector.enginePoolId,
    secretServer: 'main',
    cloud: cloudOf(standIns),
    credential: { certificate: { path: entra.certificatePath } },
    caFile,
  };
  return `// ${written}\n${JSON.stringify(settings, undefined, 2)}\n`;
}

/** The challenge names the vault's domain; a host of one label, such as localhost, has none to compare with. */
function cloudOf({ entra, keyVault }: StandIns): Record<string, string | boolean> {
  const { hostname } = new URL(keyVault.url);
  const labels = hostname.split('.');
  const hasDomain = labels.length > 1 && !/^[\d.]+$/.test(hostname);
  const suffix = hasDomain ? labels.slice(1).join('.') : hostname;
  return {
    authority: entra.authority,
    vaultSuffix: suffix,
    hsmSuffix: suffix,
    resourceManager: entra.authority,
    instanceDiscovery: false,
    challengeVerification: hasDomain,
  };
}

function serversText({ secretServer, caFile }: StandIns): string {
  const server = {
    name: 'main',
    url: secretServer.url,
    auth_method: 'password',
    username: secretServer.username,
    credential: { file: passwordFile },
    least_version: '11.2',
    changes_report: 'ssakv changes',
    ca_file: caFile,
  };
  return yamlText({ secret_servers: [server] });
}

function yamlText(value: unknown): string {
  return `# ${written}\n${stringify(value)}`;
}

function writeOnce(file: string, text: string): void {
  if (!existsSync(file)) writePrivate(file, text);
}

/** By renaming, so that a process that reads the file meanwhile sees the old or the new one. */
function writePrivate(file: string, text: string): void {
  const temporary = `${file}.new`;
  writeFileSync(temporary, text, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, file);
}
