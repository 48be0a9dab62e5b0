import type { Command } from 'commander';
import { explainConflictRules } from '../../domain/conflict-rules';
import { activityTaskQueue, type ConnectorSettings, type EffectiveLimit } from '../../domain/connectors';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { getConnector, type ConnectorRecord } from '../../ledger/connectors';
import { chooseConnector } from '../connector-name';
import { action, type Invocation } from './action';
import { table } from './output';
import { withSession } from '../session';

/** `ssakv connector show`: the settings in force, limits with their source, the conflict rule of each key. */
export function addConnectorShow(connector: Command): void {
  connector
    .command('show [name]')
    .description('show a connector: settings in force, limits, and the conflict rule of each key')
    .action(action(show));
}

async function show({ options, output, arguments: [named] }: Invocation<object>): Promise<void> {
  await withSession(options, async (session) => {
    const db = await session.ledger();
    const name = await chooseConnector(db, named);
    const record = await getConnector(db, name);
    if (record === undefined) throw new SsakvError('ConnectorUnknown', { detail: `Name: ${name}.` });
    const conflictRules = explainConflictRules(record.settings);
    output.result({ ...record, conflictRules }, describe(record));
  });
}

function describe(record: ConnectorRecord): string {
  const { settings } = record;
  const rules = explainConflictRules(settings).map((rule) => [
    rule.ssTemplate,
    rule.akvKey,
    rule.outcome,
    rule.because,
  ]);
  return [
    overview(record),
    `Limits in force:\n${table(['LIMIT', 'VALUE', 'SET BY'], limits(settings))}`,
    `Governed folders:\n${table(['FOLDER', 'SUBFOLDERS'], folders(settings))}`,
    `When both sides changed a key to different values:\n${table(['TEMPLATE', 'KEY', 'WINNER', 'BECAUSE'], rules)}`,
  ].join('\n\n');
}

function overview({ settings, version, state, stateReason }: ConnectorRecord): string {
  const rows: [string, string][] = [
    ['Connector', `${settings.displayName} (version ${version})`],
    ['State', stateReason === undefined ? state : `${state}: ${stateReason}`],
    ['Key Vault', `${settings.vault.url} (${settings.vault.authMethod}, cloud ${settings.vault.cloud.name})`],
    ['Secret Server', `${settings.secretServer.url} (${settings.secretServer.name})`],
    ['Direction', `${settings.syncMode}, every ${settings.syncIntervalSeconds} s`],
    ['Full reconcile', `within ${settings.fullReconcileSeconds} s`],
    ['Prefix', settings.externalSecretPrefix],
    ['Task queue', activityTaskQueue(settings)],
  ];
  return rows.map(([name, text]) => `${name.padEnd(16)} ${text}`).join('\n');
}

function limits({ throttle }: ConnectorSettings): string[][] {
  const row = (name: string, { value, source }: EffectiveLimit) => [name, String(value), source];
  return [
    row('requests in 10 s', throttle.maxRequestsPer10s),
    row('requests in 1 s', throttle.burstCapacity),
    row('secrets in a batch', throttle.externalSecretsPerBatch),
    row('LIST page', throttle.deltaPageSize),
  ];
}

function folders({ syncRules }: ConnectorSettings): string[][] {
  return syncRules.map(({ folder, includeSubfolders }) => [folder, includeSubfolders ? 'yes' : 'no']);
}
