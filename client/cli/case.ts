import type { Command } from 'commander';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { listCases, type CaseRecord } from '../../ledger/cases';
import { action, type Invocation } from './action';
import { exitCodes, type ExitCode } from './exit-codes';
import { table } from './output';
import { readCount } from './read-count';
import { withSession } from '../session';

interface ListOptions {
  readonly connector?: string;
  readonly closed?: boolean;
  readonly limit: string;
  readonly after: string;
}

/** `ssakv case …`: what a person must settle. */
export function addCaseCommands(program: Command): void {
  const cases = program.command('case').description('see what needs a person');
  cases
    .command('list')
    .description('list open cases; the exit status is 4 when there are any')
    .option('--connector <name>', 'only those of this connector')
    .option('--closed', 'closed cases instead of open ones')
    .option('--limit <number>', 'at most so many', '100')
    .option('--after <case>', 'those after this case number', '0')
    .action(action<ListOptions>(list));
  cases.command('show <case>').description('show one case, by its number').action(action(show));
}

async function list({ options, output }: Invocation<ListOptions>): Promise<ExitCode> {
  const open = options.closed !== true;
  const filter = {
    ...(options.connector !== undefined && { connector: options.connector }),
    open,
    after: readCount('--after', options.after),
    limit: readCount('--limit', options.limit),
  };
  return withSession(options, async (session) => {
    const cases = await listCases(await session.ledger(), filter);
    const rows = cases.map((found) => [
      String(found.id),
      found.connector,
      found.externalName,
      found.code,
      found.openedAt.toISOString(),
    ]);
    output.result({ cases }, table(['CASE', 'CONNECTOR', 'EXTERNAL NAME', 'CODE', 'SINCE'], rows));
    return open && cases.length > 0 ? exitCodes.needsAttention : exitCodes.ok;
  });
}

async function show({ options, output, arguments: [text = ''] }: Invocation<object>): Promise<void> {
  const id = readCount('The case', text);
  await withSession(options, async (session) => {
    const db = await session.ledger();
    const found = (await listCases(db, { open: true, after: id - 1, limit: 1 })).concat(
      await listCases(db, { open: false, after: id - 1, limit: 1 }),
    );
    const record = found.find((candidate) => candidate.id === id);
    if (record === undefined) throw new SsakvError('InvalidUsage', { detail: `There is no case ${id}.` });
    output.result(record, describe(record));
  });
}

function describe(record: CaseRecord): string {
  const rows: [string, string][] = [
    ['Case', String(record.id)],
    ['Connector', record.connector],
    ['Secret', String(record.secretId)],
    ['External name', record.externalName],
    ['Kind', `${record.kind} (${record.code})`],
    ['Why', record.detail],
    ['Since', record.openedAt.toISOString()],
    ['Last seen', record.lastSeenAt.toISOString()],
    [
      'State',
      record.closedAt === undefined
        ? 'open'
        : `${record.resolution ?? 'closed'} ${record.closedAt.toISOString()}`,
    ],
  ];
  return rows.map(([name, value]) => `${name.padEnd(14)} ${value}`).join('\n');
}
