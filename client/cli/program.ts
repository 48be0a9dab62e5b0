import { Command } from 'commander';
import packageJson from '../../package.json';
import { addAuditCommands } from './audit';
import { addCaseCommands } from './case';
import { addConnectorCommands } from './connector';
import { addDoctorCommand } from './doctor';
import { exitCodeHelp } from './exit-codes';
import { addLedgerCommands } from './ledger';
import { addLocalCommands } from './local';
import { addMapsCommands } from './maps';
import { addSecretCommands } from './secret';
import { addServiceCommands } from './service';
import { addSyncCommands } from './sync';

const examples = `
Examples:
  $ ssakv dev                                  try everything on this machine, with stand-ins
  $ ssakv up -c config/connector.json          one connector against real systems, nothing else to install
  $ ssakv connector apply config/connector.json && ssakv connector activate
  $ ssakv sync status --json
  $ ssakv doctor

Settings are found by --config, SSAKV_CONFIG, ./ssakv.yaml, ./.ssakv/config/ssakv.yaml, in this order.`;

interface ProgramOptions {
  /** Says nothing of its own about a wrong command or option: the caller reports what it throws. */
  readonly quiet: boolean;
}

/** The whole command line. */
export function buildProgram({ quiet }: ProgramOptions = { quiet: false }): Command {
  const program = new Command('ssakv')
    .configureOutput(quiet ? { writeErr: () => undefined } : {})
    .description('keeps credentials in step between Delinea Secret Server and Azure Key Vault')
    .version(packageJson.version)
    .option('--json', 'print results, progress and errors as JSON lines')
    .option('--config <file>', 'the settings file, ssakv.yaml')
    .addHelpText('after', `${examples}\n${exitCodeHelp}`)
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(see it with --help)')
    .exitOverride();
  addLocalCommands(program);
  addServiceCommands(program);
  addDoctorCommand(program);
  addConnectorCommands(program);
  addSyncCommands(program);
  addSecretCommands(program);
  addCaseCommands(program);
  addMapsCommands(program);
  addLedgerCommands(program);
  addAuditCommands(program);
  return program;
}
