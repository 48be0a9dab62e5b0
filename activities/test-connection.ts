import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import type { Connections } from '../adapters/connections';
import { withCorrelationId } from '../adapters/http/correlation';
import { listExternalSecrets, readNewest } from '../adapters/key-vault/secrets/reader';
import { listFolders } from '../adapters/secret-server/folders';
import { checkHealth, serverVersion } from '../adapters/secret-server/server';
import { parseTestConnectionInput } from '../config/workflow-inputs';
import { activityTaskQueue, type ConnectorSettings } from '../domain/connectors';
import type { ConnectionCheck } from '../domain/connection-tests';
import { catalogue } from '../domain/errors/catalogue';
import { SsakvError } from '../domain/errors/ssakv-error';
import { connectionProbeName } from '../domain/names';
import { readMark, writeMark, type MarkSubject } from '../domain/ownership-marks';
import { hostOf, operationMarkTag } from '../domain/tags';
import { appendAudit } from '../ledger/audit';
import { activeConnector, knownConnector, resolveConnectorName } from './connector';
import { requirePollers } from './engine-pools';
import type { SyncServices } from './services';
import { writeProbe } from './sync/write-external-secret';
import { templatesInScope } from './template-scope';

export interface TestConnectionActivities {
  beginConnectionTest(request: {
    readonly input: unknown;
  }): Promise<{ connector: string; taskQueue: string }>;
  checkTokens(request: ConnectorRequest): Promise<ConnectionCheck>;
  checkRead(request: ConnectorRequest): Promise<ConnectionCheck>;
  checkTagWrite(request: ConnectorRequest): Promise<ConnectionCheck>;
}

interface ConnectorRequest {
  readonly connector: string;
}

interface Probe {
  readonly services: SyncServices;
  readonly settings: ConnectorSettings;
  readonly connections: Connections;
}

export function createTestConnectionActivities(services: SyncServices): TestConnectionActivities {
  const check = (
    name: ConnectionCheck['name'],
    request: ConnectorRequest,
    probe: (probe: Probe) => Promise<string>,
  ) => runCheck(services, name, request.connector, probe);
  return {
    /** Parses the input. Errors: `InvalidInput`, `NotAllowed`, `ConnectorUnknown`, `EnginePoolNotPolled`. */
    async beginConnectionTest({ input }) {
      const connector = await resolveConnectorName(services, parseTestConnectionInput(input).connector);
      const { settings } = await knownConnector(services, connector);
      const taskQueue = activityTaskQueue(settings);
      await requirePollers(services.temporal, taskQueue);
      return { connector, taskQueue };
    },

    /** Both sides give us a token, and Secret Server is healthy and new enough. */
    checkTokens: (request) => check('token', request, probeTokens),

    /** Key Vault lets us read, the governed folders exist, and the template maps fit their templates. */
    checkRead: (request) => check('read', request, probeRead),

    /** Key Vault lets us write a tag: on the kept secret `<prefix>-connection-probe`, which is made if it is missing. */
    checkTagWrite: (request) => check('tagWrite', request, probeTagWrite),
  };
}

/** A failed check is an answer: what was found and what to do. Only what may pass by itself is tried again. */
async function runCheck(
  services: SyncServices,
  name: ConnectionCheck['name'],
  connector: string,
  probe: (probe: Probe) => Promise<string>,
): Promise<ConnectionCheck> {
  try {
    const settings = await activeConnector(services, connector);
    const connections = await services.connect(settings);
    const found = await withCorrelationId(runId(), () => probe({ services, settings, connections }));
    return { name, passed: true, found };
  } catch (error) {
    if (!(error instanceof SsakvError)) throw error;
    const { happened, cause, remedy } = catalogue[error.code];
    const found = [happened, error.detail, cause].filter(Boolean).join(' ');
    return { name, passed: false, found, remedy, code: error.code };
  }
}

/** A test has no cycle and no audit entry until it writes; its run is what joins its reads to the vault's log. */
function runId(): string {
  return Context.current().info.workflowExecution?.runId ?? randomUUID();
}

async function probeTokens({ settings, connections }: Probe): Promise<string> {
  await connections.entra.getToken(`https://${settings.vault.cloud.vaultSuffix}/.default`);
  await connections.secretServer.session.token();
  if (!(await checkHealth(connections.secretServer))) throw new SsakvError('SecretServerUnhealthy');
  const version = await serverVersion(connections.secretServer);
  const { leastVersion } = settings.secretServer;
  if (isOlder(version, leastVersion)) {
    throw new SsakvError('SecretServerTooOld', { detail: `It is ${version}; ${leastVersion} is the least.` });
  }
  return `Entra and Secret Server ${version} gave tokens.`;
}

async function probeRead({ settings, connections }: Probe): Promise<string> {
  await readNewest(connections.keyVault, connectionProbeName(settings.externalSecretPrefix));
  for await (const page of listExternalSecrets(connections.keyVault, 1)) if (page.length >= 0) break;
  const folders = await listFolders(connections.secretServer);
  const scope = await templatesInScope(connections.secretServer, settings, folders);
  return `Read Key Vault; ${scope.folders} governed folders; ${scope.templates} template maps fit.`;
}

async function probeTagWrite({ services, settings, connections }: Probe): Promise<string> {
  const name = connectionProbeName(settings.externalSecretPrefix);
  const subject = probeSubject(settings, name);
  const newest = await readNewest(connections.keyVault, name);
  const { mark, installationId } = services.keys;
  if (newest.kind !== 'absent') {
    const tag = newest.kind === 'present' ? newest.tags[operationMarkTag] : undefined;
    if (readMark(mark, subject, installationId, tag).kind !== 'ours') throw new SsakvError('ProbeNameTaken');
  }
  const operationId = randomUUID();
  const tags = {
    ...(newest.kind === 'present' ? newest.tags : {}),
    'ss-connection-probe': 'true',
    'ss-last-tested': `${new Date().toISOString().slice(0, 19)}Z`,
    [operationMarkTag]: writeMark(mark, subject, { operationId, installationId, epoch: 0 }),
  };
  const version = newest.kind === 'present' ? newest.version : undefined;
  const refused = await withCorrelationId(operationId, () =>
    writeProbe(connections.keyVault, { name, version, tags }),
  );
  if (refused !== undefined) throw refused;
  const action = version === undefined ? 'connectionProbe.created' : 'connectionProbe.tagged';
  const entry = {
    connector: settings.displayName,
    correlationId: operationId,
    action,
    externalName: name,
    details: {},
  };
  await appendAudit(services.db, services.keys.audit, [entry]);
  return version === undefined ? `Made ${name} with its tags.` : `Wrote the tags of ${name}.`;
}

/** No secret of Secret Server has the number 0. */
function probeSubject(settings: ConnectorSettings, externalName: string): MarkSubject {
  const { displayName: connector, vault } = settings;
  return { vaultHost: hostOf(vault.url), externalName, secretId: 0, connector };
}

/** Compares dotted version numbers part by part. */
function isOlder(version: string, least: string): boolean {
  const parts = (text: string): readonly number[] =>
    text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [found, wanted] = [parts(version), parts(least)];
  const length = Math.max(found.length, wanted.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (found[index] ?? 0) - (wanted[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
