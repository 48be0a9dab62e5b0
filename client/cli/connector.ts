import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { checkAllowed } from '../../config/allow-lists';
import { loadConnector } from '../../config/connector-files';
import type { ConnectorState } from '../../domain/connectors';
import { applyConnector, getConnector, listConnectors, setConnectorState } from '../../ledger/connectors';
import { chooseConnector } from '../connector-name';
import { followCycle } from '../follow-cycle';
import { deleteSchedule, pauseSchedule, resumeSchedule } from '../schedules';
import { startActivation, startConnectionTest } from '../start-workflows';
import { action, type Invocation } from './action';
import { activationText, checksText } from './connection-text';
import { addConnectorShow } from './connector-show';
import { cycleExitCode } from './cycle-text';
import { exitCodes, type ExitCode } from './exit-codes';
import { table } from './output';
import { withSession } from '../session';

interface ReasonOptions {
  readonly reason: string;
}

interface ApplyOptions {
  readonly maps?: string;
  readonly throttle?: string;
  readonly servers?: string;
}

/** `ssakv connector …`: register, test, activate, pause, look at connectors. */
export function addConnectorCommands(program: Command): void {
  const connector = program.command('connector').description('register, test, activate and watch connectors');
  connector
    .command('apply <file>')
    .description('check a connector JSON with the files beside it and record it in the ledger')
    .option('--maps <file>', 'template maps (default: template-maps.yaml beside it)')
    .option('--throttle <file>', 'throttle settings (default: akv-throttle.ini beside it)')
    .option('--servers <file>', 'Secret Servers (default: secret-servers.yaml beside it)')
    .action(action<ApplyOptions>(apply));
  connector.command('list').description('list connectors with their state').action(action(list));
  addConnectorShow(connector);
  connector
    .command('test [name]')
    .description(
      'sign in to both sides, read, and write a tag on the probe secret; the exit status is 4 when a check fails',
    )
    .action(action(test));
  connector
    .command('activate [name]')
    .description('test, schedule and run the initial sync')
    .action(action(activate));
  connector
    .command('pause [name]')
    .description('start no further cycles')
    .option('--reason <text>', 'why, for the next person', 'paused from the command line')
    .action(action<ReasonOptions>(pause));
  connector
    .command('resume [name]')
    .description('start cycles again')
    .option('--reason <text>', 'why, for the next person', 'resumed from the command line')
    .action(action<ReasonOptions>(resume));
  connector
    .command('retire <name>')
    .description('end a connector for good; nothing is changed in Key Vault or Secret Server')
    .action(action(retire));
}

async function apply({ options, output, arguments: [file = ''] }: Invocation<ApplyOptions>): Promise<void> {
  const settings = loadConnector(file, {
    ...(options.maps !== undefined && { mapsFile: options.maps }),
    ...(options.throttle !== undefined && { throttleFile: options.throttle }),
    ...(options.servers !== undefined && { serversFile: options.servers }),
  });
  await withSession(options, async (session) => {
    checkAllowed(settings, session.settings.allow);
    const db = await session.ledger();
    const applied = await applyConnector(db, settings, userInfo().username);
    const name = settings.displayName;
    const state = (await getConnector(db, name))?.state;
    const text = applied.changed
      ? `${name} is recorded as version ${applied.version}. ${afterApply(name, state)}`
      : `${name} is unchanged (version ${applied.version}).`;
    output.result({ connector: name, ...applied }, text);
  });
}

function afterApply(name: string, state: ConnectorState | undefined): string {
  const activation = `ssakv connector activate ${name}`;
  return state === 'Active'
    ? `The next cycle uses it. To test it, and to set a changed interval: ${activation}`
    : `Next: ${activation}`;
}

async function list({ options, output }: Invocation<object>): Promise<void> {
  await withSession(options, async (session) => {
    const connectors = await listConnectors(await session.ledger());
    const rows = connectors.map((found) => [
      found.name,
      found.state,
      String(found.pairs),
      found.lastCycle?.closedAt.toISOString() ?? 'never',
      found.vaultUrl,
      found.stateReason ?? '',
    ]);
    output.result({ connectors }, table(['NAME', 'STATE', 'PAIRS', 'LAST CYCLE', 'VAULT', 'REASON'], rows));
  });
}

async function test({ options, output, arguments: [named] }: Invocation<object>): Promise<ExitCode> {
  return withSession(options, async (session) => {
    const connector = await chooseConnector(await session.ledger(), named);
    output.progress.step(`Testing ${connector}`);
    const result = await (await startConnectionTest(await session.temporal(), connector)).result();
    output.progress.finish();
    output.result(result, checksText(result.checks));
    return result.passed ? exitCodes.ok : exitCodes.needsAttention;
  });
}

async function activate({ options, output, arguments: [named] }: Invocation<object>): Promise<ExitCode> {
  return withSession(options, async (session) => {
    const connector = await chooseConnector(await session.ledger(), named);
    const client = await session.temporal();
    output.progress.step(`Activating ${connector}`);
    const handle = await startActivation(client, connector);
    const following = {
      client,
      workflowId: `sync/${connector}`,
      progress: output.progress,
      result: handle.result(),
    };
    const result = await followCycle(following);
    output.progress.finish();
    output.result(result, activationText(result));
    if (result.outcome === 'TestFailed') return exitCodes.needsAttention;
    return result.initialSync === undefined ? exitCodes.ok : cycleExitCode(result.initialSync);
  });
}

async function pause({ options, output, arguments: [named] }: Invocation<ReasonOptions>): Promise<void> {
  await withSession(options, async (session) => {
    const db = await session.ledger();
    const connector = await chooseConnector(db, named);
    await pauseSchedule(await session.temporal(), connector, options.reason);
    await setConnectorState(db, connector, 'Paused', options.reason);
    output.result(
      { connector, state: 'Paused' },
      `${connector} is paused. A cycle under way ends by itself.`,
    );
  });
}

async function resume({ options, output, arguments: [named] }: Invocation<ReasonOptions>): Promise<void> {
  await withSession(options, async (session) => {
    const db = await session.ledger();
    const connector = await chooseConnector(db, named);
    await resumeSchedule(await session.temporal(), connector, options.reason);
    await setConnectorState(db, connector, 'Active');
    output.result({ connector, state: 'Active' }, `${connector} is active.`);
  });
}

async function retire({ options, output, arguments: [named = ''] }: Invocation<object>): Promise<void> {
  await withSession(options, async (session) => {
    const db = await session.ledger();
    const connector = await chooseConnector(db, named);
    await deleteSchedule(await session.temporal(), connector);
    await setConnectorState(db, connector, 'Retired', 'retired from the command line');
    output.result(
      { connector, state: 'Retired' },
      `${connector} is retired; its secrets stay where they are.`,
    );
  });
}
