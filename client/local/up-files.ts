import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { loadConnector } from '../../config/connector-files';
import { credentialText } from '../../config/credential-references';
import { loadRuntimeSettings, type RuntimeSettings } from '../../config/runtime-settings';
import type { ConnectorSettings, CredentialReference } from '../../domain/connectors';
import type { DataDirectory } from '../supervisor/data-directory';
import type { Ports } from '../supervisor/ports';
import { ledgerUrlOf, temporalOf } from './embedded';

export interface UpFiles {
  readonly settingsFile: string;
  readonly connector: ConnectorSettings;
  /** One sentence for each thing that was made because nobody wrote it. */
  readonly generated: readonly string[];
}

/**
 * Makes the settings of a run with embedded parts: the person's ssakv.yaml beside the connector where there is one,
 * with the addresses of this run; else defaults that allow exactly what the connector names.
 *
 * @throws SsakvError of loading the connector or ssakv.yaml
 */
export function writeUpFiles(connectorFile: string, directory: DataDirectory, ports: Ports): UpFiles {
  const folder = path.dirname(path.resolve(connectorFile));
  const connector = withAbsolutePaths(loadConnector(path.resolve(connectorFile)), folder);
  const settingsFile = path.join(directory.config, 'ssakv.yaml');
  const ownFile = path.join(folder, 'ssakv.yaml');
  const generated: string[] = [];
  const own = existsSync(ownFile)
    ? ownSettings(ownFile, folder)
    : defaultSettings(connector, directory, generated);
  const text = stringify({
    ...own,
    ledger: { url: ledgerUrlOf(ports) },
    temporal: temporalBlock(ports),
    listeners: listeners(ports),
  });
  writePrivate(settingsFile, `# Written by \`ssakv up\` at each start; changes are lost.\n${text}`);
  return { settingsFile, connector, generated };
}

/** References of the connector start from its own folder, also when the settings stand elsewhere. */
function withAbsolutePaths(connector: ConnectorSettings, folder: string): ConnectorSettings {
  const { vault, secretServer } = connector;
  return {
    ...connector,
    vault: { ...vault, credential: absolute(vault.credential, folder) },
    secretServer: { ...secretServer, credential: absolute(secretServer.credential, folder) },
  };
}

function absolute(reference: CredentialReference, folder: string): CredentialReference {
  if (reference.kind !== 'file' && reference.kind !== 'certificate') return reference;
  return { ...reference, path: path.resolve(folder, reference.path) };
}

type SettingsBlocks = Readonly<Record<string, unknown>>;

/** Checked first as it stands; then the references in it are made absolute. */
function ownSettings(file: string, folder: string): SettingsBlocks {
  const settings: RuntimeSettings = loadRuntimeSettings(file);
  const blocks = parse(readFileSync(file, 'utf8')) as SettingsBlocks;
  const credentials = settings.allow.credentials.map((text) => absoluteText(text, folder));
  const key = absolute(settings.installation.key, folder);
  return {
    ...blocks,
    installation: {
      id: settings.installation.id,
      key: key.kind === 'env' ? { env: key.name } : { file: pathOf(key) },
    },
    allow: { ...settings.allow, credentials },
  };
}

function absoluteText(text: string, folder: string): string {
  const [, kind, file] = /^(file|certificate):(.*)$/.exec(text) ?? [];
  return kind === undefined || file === undefined ? text : `${kind}:${path.resolve(folder, file)}`;
}

function pathOf(reference: CredentialReference): string {
  return reference.kind === 'file' ? reference.path : '';
}

function defaultSettings(
  connector: ConnectorSettings,
  directory: DataDirectory,
  generated: string[],
): SettingsBlocks {
  const keyFile = path.join(directory.config, 'credentials', 'installation.key');
  const idFile = path.join(directory.config, 'installation.id');
  generated.push(
    'There is no ssakv.yaml beside the connector; defaults allow exactly what the connector names.',
  );
  if (!existsSync(keyFile)) {
    mkdirSync(path.dirname(keyFile), { recursive: true, mode: 0o700 });
    writePrivate(keyFile, `${randomBytes(48).toString('base64')}\n`);
    writePrivate(idFile, `up-${randomBytes(4).toString('hex')}`);
    generated.push(
      `A new installation key was made: ${keyFile}. Keep a copy; without it the ledger must be rebuilt.`,
    );
  }
  const { vault, secretServer, syncRules, enginePoolId } = connector;
  return {
    installation: { id: readFileSync(idFile, 'utf8').trim(), key: { file: keyFile } },
    allow: {
      vaults: [vault.url],
      folders: [...new Set(syncRules.map(({ folder }) => folder))],
      credentials: [credentialText(vault.credential), credentialText(secretServer.credential)],
    },
    ...(enginePoolId !== undefined && { pool_ids: [enginePoolId] }),
  };
}

function temporalBlock(ports: Ports): object {
  const { address, namespace, uiUrl } = temporalOf(ports);
  return { address, namespace, ui_url: uiUrl };
}

function listeners(ports: Ports): object {
  const loopback = (port: number) => ({ host: '127.0.0.1', port });
  return {
    operators: loopback(ports.http),
    metrics: loopback(ports.metrics),
    worker_metrics: loopback(ports.workerMetrics),
  };
}

function writePrivate(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
