import type { Command } from 'commander';
import { SsakvError } from '../../domain/errors/ssakv-error';
import type { CycleResult } from '../../domain/cycles';
import { listCycles, type CycleKind } from '../../ledger/cycles';
import { getConnector } from '../../ledger/connectors';
import { chooseConnector } from '../connector-name';
import { followCycle } from '../follow-cycle';
import { startCycle, startSecretSync } from '../start-workflows';
import { action, type Invocation } from './action';
import { countsText, cycleExitCode, cycleText } from './cycle-text';
import type { ExitCode } from './exit-codes';
import { table } from './output';
import { withSession, type Session } from '../session';
import { describeSchedule } from '../schedules';
import { describeFailure } from '../failure';

interface TargetedOptions {
  readonly connector?: string;
  readonly dryRun?: boolean;
}

const cyclesShown = 10;

/** `ssakv sync …`: cycles now, plans, single secrets, what happened lately. */
export function addSyncCommands(program: Command): void {
  const sync = program.command('sync').description('run cycles and see what they did');
  sync
    .command('run [connector]')
    .description('run a cycle now and wait for it')
    .action(action((invocation) => runFullCycle(invocation, false)));
  sync
    .command('plan [connector]')
    .description('show what a cycle would do, and write nothing')
    .action(action((invocation) => runFullCycle(invocation, true)));
  sync
    .command('now <secret-ids...>')
    .description('sync single secrets (by their numbers in Secret Server) now')
    .option('--connector <name>', 'the connector, where there are several')
    .option('--dry-run', 'show what would happen, and write nothing')
    .addHelpText('after', '\nExample:\n  $ ssakv sync now 12 17 --connector prod-azure')
    .action(action<TargetedOptions>(syncSecretsNow));
  sync.command('status [connector]').description('show the last cycles').action(action(showStatus));
}

async function runFullCycle(
  { options, output, arguments: [named] }: Invocation<object>,
  dryRun: boolean,
): Promise<ExitCode> {
  return withSession(options, async (session) => {
    const connector = await chooseConnector(await session.ledger(), named);
    const client = await session.temporal();
    const handle = await startCycle(client, connector, dryRun);
    const { workflowId } = handle;
    const result = await followCycle({
      client,
      workflowId,
      progress: output.progress,
      result: handle.result(),
    });
    return show(result, output);
  });
}

async function syncSecretsNow({
  options,
  output,
  arguments: texts,
}: Invocation<TargetedOptions>): Promise<ExitCode> {
  const secretIds = texts.map(readSecretId);
  return withSession(options, async (session) => {
    const connector = await chooseConnector(await session.ledger(), options.connector);
    output.progress.step(`Syncing ${secretIds.length} of ${connector}`);
    const handle = await startSecretSync(
      await session.temporal(),
      connector,
      secretIds,
      options.dryRun === true,
    );
    return show(await handle.result(), output);
  });
}

function show(result: CycleResult, output: Invocation<object>['output']): ExitCode {
  output.progress.finish();
  output.result(result, cycleText(result));
  return cycleExitCode(result);
}

function readSecretId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new SsakvError('InvalidUsage', {
    detail: `${JSON.stringify(text)} is not the number of a secret, for example 12.`,
  });
}

async function showStatus({ options, output, arguments: [named] }: Invocation<object>): Promise<void> {
  await withSession(options, async (session) => {
    const db = await session.ledger();
    const connector = await chooseConnector(db, named);
    const cycles = await listCycles(db, connector, cyclesShown);
    const state = (await getConnector(db, connector))?.state;
    const rows = cycles.map((cycle) => [
      cycle.openedAt.toISOString(),
      wordsOfKinds[cycle.kind],
      cycle.outcome ?? 'running',
      countsText(cycle.counts),
    ]);
    const schedule = await readSchedule(session, connector);
    const text = `${connector}: ${state}. ${schedule.text}\n\n${table(['STARTED', 'LOOKED AT', 'OUTCOME', 'SECRETS'], rows)}`;
    output.result({ connector, state, nextCycleAt: schedule.nextCycleAt, cycles }, text);
  });
}

const wordsOfKinds: Readonly<Record<CycleKind, string>> = { full: 'all secrets', targeted: 'named secrets' };

/** The ledger alone tells enough when Temporal does not answer. */
async function readSchedule(
  session: Session,
  connector: string,
): Promise<{ nextCycleAt?: Date; text: string }> {
  try {
    const { state, info } = await describeSchedule(await session.temporal(), connector);
    const [nextCycleAt] = info.nextActionTimes;
    if (state.paused) return { text: `The schedule is paused: ${state.note ?? 'no note'}.` };
    return nextCycleAt === undefined
      ? { text: 'No cycle is planned.' }
      : { nextCycleAt, text: `Next cycle: ${nextCycleAt.toISOString()}.` };
  } catch (error) {
    return { text: describeFailure(error).message };
  }
}
