import path from 'node:path';
import type { ConflictResolution, ConnectorSettings, SecretServerSettings } from '../domain/connectors';
import type { SyncMode } from '../domain/sync-modes';
import { check, type Checked } from './checking';
import { connectorRules, defaultCredential } from './connector-rules';
import { connectorGuides, connectorNotYet, connectorSchema, type ConnectorFile } from './connector-schema';
import { parseJsonc, parseYaml, type ConfigDocument, type ConfigSource } from './documents';
import { deepFreeze } from './deep-freeze';
import { omitUndefined } from './omit-undefined';
import { refuseProblems, type Problem } from './problems';
import { readSecretServers } from './secret-servers';
import { readIfPresent, readRequired } from './source-files';
import { templateMapsGuides } from './template-map-guides';
import { templateMapsFreeNames, templateMapsNotYet, templateMapsSchema } from './template-map-schema';
import { mapProblems, mapsForConnector, type MapContext } from './template-map-settings';
import { readThrottleFile } from './throttle-file';

/** The four files of a connector. An absent maps or throttle file means the built-in maps and the defaults. */
export interface ConnectorSources {
  readonly connector: ConfigSource;
  readonly maps?: ConfigSource | undefined;
  readonly throttle?: ConfigSource | undefined;
  readonly servers: ConfigSource;
  /** Folder that `caFile` and `ca_file` start from. */
  readonly folder: string;
}

/** Files that do not stand beside the connector JSON under their usual names. */
export interface ConnectorFileOptions {
  readonly throttleFile?: string;
  readonly mapsFile?: string;
  readonly serversFile?: string;
}

/**
 * Reads the connector JSON and, from the same folder unless told otherwise, template-maps.yaml, akv-throttle.ini and
 * secret-servers.yaml. The result is frozen and holds references, never a secret.
 *
 * Throws SsakvError with all problems of all files: ConfigurationInvalid or the code that they share (see
 * docs/configuration.md#errors), ConfigurationFileUnreadable.
 */
export function loadConnector(connectorFile: string, options: ConnectorFileOptions = {}): ConnectorSettings {
  const folder = path.dirname(connectorFile);
  const beside = (name: string): string => path.join(folder, name);
  const read = (chosen: string | undefined, usual: string): ConfigSource | undefined =>
    chosen === undefined ? readIfPresent(beside(usual)) : readRequired(chosen);
  return parseConnector({
    connector: readRequired(connectorFile),
    maps: read(options.mapsFile, 'template-maps.yaml'),
    throttle: read(options.throttleFile, 'akv-throttle.ini'),
    servers: readRequired(options.serversFile ?? beside('secret-servers.yaml')),
    folder,
  });
}

/** The same from texts instead of files. */
export function parseConnector(sources: ConnectorSources): ConnectorSettings {
  const document = parseJsonc(sources.connector);
  const mapsDocument = parseYaml(sources.maps ?? { file: 'template-maps.yaml', text: '{}' });
  const connector = check(document, connectorSchema, {
    guides: connectorGuides,
    notYet: connectorNotYet,
    rules: connectorRules,
  });
  const maps = check(mapsDocument, templateMapsSchema, {
    guides: templateMapsGuides,
    notYet: templateMapsNotYet,
    freeNames: templateMapsFreeNames,
  });
  const throttle = readThrottleFile(sources.throttle ?? { file: 'akv-throttle.ini', text: '' });
  const servers = readSecretServers(parseYaml(sources.servers), sources.folder);
  refuseProblems([connector, maps, throttle, servers].flatMap(problemsOf));
  return assemble({
    document,
    mapsDocument,
    folder: sources.folder,
    file: validValue(connector),
    maps: validValue(maps),
    throttle: validValue(throttle),
    servers: validValue(servers),
  });
}

interface Parts {
  readonly document: ConfigDocument;
  readonly mapsDocument: ConfigDocument;
  readonly folder: string;
  readonly file: ConnectorFile;
  readonly maps: Parameters<typeof mapsForConnector>[0];
  readonly throttle: ConnectorSettings['throttle'];
  readonly servers: readonly SecretServerSettings[];
}

function assemble({
  document,
  mapsDocument,
  folder,
  file,
  maps,
  throttle,
  servers,
}: Parts): ConnectorSettings {
  const conflictResolution = file.conflictResolution ?? defaultResolution(file.syncMode);
  const context: MapContext = { displayName: file.displayName, syncMode: file.syncMode, conflictResolution };
  const server = chooseServer(servers, file.secretServer, document);
  refuseProblems([
    ...(server.kind === 'invalid' ? server.problems : []),
    ...mapProblems(maps, mapsDocument, context),
  ]);
  return deepFreeze<ConnectorSettings>({
    displayName: file.displayName,
    vault: vaultSettings(file, folder),
    secretServer: validValue(server),
    syncMode: file.syncMode,
    syncIntervalSeconds: file.syncIntervalSeconds,
    deltaSync: file.deltaSync,
    externalSecretPrefix: file.externalSecretPrefix,
    autoTagExternalSecrets: file.autoTagExternalSecrets,
    conflictResolution,
    ...omitUndefined({ enginePoolId: file.enginePoolId }),
    fullReconcileSeconds: file.fullReconcileSeconds,
    tagRefresh: file.tagRefresh,
    throttle,
    ...mapsForConnector(maps, context),
  });
}

function vaultSettings(file: ConnectorFile, folder: string): ConnectorSettings['vault'] {
  const credential = file.credential ?? defaultCredential(file.authMethod, file.displayName, file.clientId);
  if (credential === undefined)
    throw new Error('a rule of the connector refuses ClientSecret without credential');
  return omitUndefined({
    url: new URL(file.keyVaultUrl).origin,
    tenantId: file.tenantId,
    clientId: file.clientId,
    authMethod: file.authMethod,
    credential,
    cloud: file.cloud,
    proxy: file.proxy,
    caFile: file.caFile === undefined ? undefined : path.resolve(folder, file.caFile),
  });
}

/** A side that is never read cannot win, so PullOnly has the other default. */
function defaultResolution(syncMode: SyncMode): ConflictResolution {
  return syncMode === 'PullOnly' ? 'AzureWins' : 'SecretServerWins';
}

/** The server that the connector names, or the only one there is. */
function chooseServer(
  servers: readonly SecretServerSettings[],
  wanted: string | undefined,
  document: ConfigDocument,
): Checked<SecretServerSettings> {
  const found = wanted === undefined ? servers : servers.filter((server) => server.name === wanted);
  const [server] = found;
  if (server !== undefined && found.length === 1) return { kind: 'valid', value: server };
  const names = servers.map((each) => each.name).join(', ');
  const problem: Problem = {
    code: 'UnknownSecretServer',
    file: document.file,
    line: document.lineOf(['secretServer']),
    path: ['secretServer'],
    found: wanted === undefined ? 'nothing' : `a name that secret-servers.yaml does not have`,
    expected: `one of ${names}`,
    example: `"${servers[0]?.name ?? 'main'}"`,
  };
  return { kind: 'invalid', problems: [problem] };
}

function problemsOf(checked: Checked<unknown>): readonly Problem[] {
  return checked.kind === 'invalid' ? checked.problems : [];
}

/** After `refuseProblems` nothing is invalid any more. */
function validValue<T>(checked: Checked<T>): T {
  if (checked.kind === 'invalid') throw new Error('problems are refused before values are taken');
  return checked.value;
}
