import type { Command } from 'commander';
import { ensureInstallation } from '../../ledger/installation';
import { listConnectors } from '../../ledger/connectors';
import { migrateLedger } from '../../ledger/migrate';
import { verifyAudit } from '../../ledger/audit';
import { openConfiguredLedger, readInstallationKeys } from '../../workers/installation';
import { action, type Invocation } from './action';
import { exitCodes, type ExitCode } from './exit-codes';
import { withSession } from '../session';
import { loadSettings } from '../settings-file';

/** `ssakv ledger …`: the schema and the integrity of the database. */
export function addLedgerCommands(program: Command): void {
  const ledger = program
    .command('ledger')
    .description('prepare and check the ledger (the PostgreSQL database)');
  ledger.command('migrate').description('create or upgrade the schema').action(action(migrate));
  ledger
    .command('verify')
    .description('check that schema, installation key and audit chains are as this installation left them')
    .action(action(verify));
}

async function migrate({ options, output }: Invocation<object>): Promise<void> {
  const ledger = await openConfiguredLedger(loadSettings(options));
  try {
    const { applied } = await migrateLedger(ledger.db);
    output.result(
      { applied },
      applied.length === 0 ? 'The schema is current.' : `Applied: ${applied.join(', ')}.`,
    );
  } finally {
    await ledger.close();
  }
}

async function verify({ options, output }: Invocation<object>): Promise<ExitCode> {
  return withSession(options, async (session) => {
    const db = await session.ledger();
    const keys = await readInstallationKeys(session.settings);
    await ensureInstallation(db, keys.installationId, keys.fingerprint.keyId);
    const audits = [];
    for (const { name } of await listConnectors(db)) {
      audits.push({ connector: name, ...(await verifyAudit(db, keys.audit, name)) });
    }
    const broken = audits.filter(({ kind }) => kind === 'broken');
    const text = `The schema is current and the installation key fits. Audit chains: ${audits.length}, broken: ${broken.length}.`;
    output.result({ schema: 'current', installation: keys.installationId, audits }, text);
    return broken.length === 0 ? exitCodes.ok : exitCodes.needsAttention;
  });
}
