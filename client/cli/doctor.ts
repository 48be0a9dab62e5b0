import type { Command } from 'commander';
import { runDoctor } from '../doctor/doctor';
import { action, type Invocation } from './action';
import { exitCodes, type ExitCode } from './exit-codes';
import { table } from './output';
import { withSession } from '../session';

/** `ssakv doctor`: what is wrong with this installation, and what to do about it. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'check configuration, credentials, ledger, Temporal and workers; the exit status is 4 when a check fails',
    )
    .action(action(examineInstallation));
}

async function examineInstallation({ options, output }: Invocation<object>): Promise<ExitCode> {
  return withSession(options, async (session) => {
    output.progress.step('Examining the installation');
    const findings = await runDoctor(session);
    output.progress.finish();
    const rows = findings.map(({ status, check, found }) => [
      status === 'failed' ? 'FAILED' : status,
      check,
      found,
    ]);
    output.result({ findings }, table(['STATUS', 'CHECK', 'FOUND'], rows));
    return findings.some(({ status }) => status === 'failed') ? exitCodes.needsAttention : exitCodes.ok;
  });
}
