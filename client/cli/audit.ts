import type { Command } from 'commander';
import { exportAudit, verifyAudit } from '../../ledger/audit';
import { readInstallationKeys } from '../../workers/installation';
import { chooseConnector } from '../connector-name';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { action, type Invocation } from './action';
import { exitCodes, type ExitCode } from './exit-codes';
import { readCount } from './read-count';
import { withSession } from '../session';

interface VerifyOptions {
  readonly head?: string;
}

const exportPage = 1_000;

/** `ssakv audit …`: the hash-chained record of every write. */
export function addAuditCommands(program: Command): void {
  const audit = program.command('audit').description('read and verify the audit trail');
  audit
    .command('export [connector]')
    .description('print the audit entries as JSON lines')
    .option('--after <sequence>', 'those after this number', '0')
    .action(action<{ readonly after: string }>(exportEntries));
  audit
    .command('verify [connector]')
    .description('recompute the chain; the exit status is 4 when it is broken')
    .option(
      '--head <sequence:mac>',
      'a head that was kept outside the ledger, for example from a cycle result',
    )
    .action(action<VerifyOptions>(verify));
}

async function exportEntries({
  options,
  arguments: [named],
}: Invocation<{ readonly after: string }>): Promise<void> {
  let after = readCount('--after', options.after);
  await withSession(options, async (session) => {
    const db = await session.ledger();
    const connector = await chooseConnector(db, named);
    for (;;) {
      const page = await exportAudit(db, connector, after, exportPage);
      for (const entry of page) process.stdout.write(`${JSON.stringify(entry)}\n`);
      after = page.at(-1)?.sequence ?? after;
      if (page.length < exportPage) return;
    }
  });
}

async function verify({ options, output, arguments: [named] }: Invocation<VerifyOptions>): Promise<ExitCode> {
  const keptHead = options.head === undefined ? undefined : readHead(options.head);
  return withSession(options, async (session) => {
    const db = await session.ledger();
    const connector = await chooseConnector(db, named);
    const { audit } = await readInstallationKeys(session.settings);
    const found = await verifyAudit(db, audit, connector, keptHead);
    const text =
      found.kind === 'intact'
        ? `${connector}: ${found.entries} entries, the chain is intact.`
        : `${connector}: the chain is broken at entry ${found.sequence}. ${found.why}`;
    output.result({ connector, ...found }, text);
    return found.kind === 'intact' ? exitCodes.ok : exitCodes.needsAttention;
  });
}

function readHead(text: string): { sequence: number; mac: string } {
  const [sequence = '', mac = ''] = text.split(':');
  if (mac === '')
    throw new SsakvError('InvalidUsage', { detail: '--head takes a number, a colon and a mac.' });
  return { sequence: readCount('--head', sequence), mac };
}
