import path from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import type { DevOptions } from '../local/dev';
import { runDev } from '../local/dev';
import { runEmulators } from '../local/emulate';
import { runUp } from '../local/up';
import { portNames, portOptions, type PortName } from '../supervisor/ports';
import { action, type Invocation } from './action';
import { exitCodes, type ExitCode } from './exit-codes';

type PortOptions = Partial<Record<`${PortName}Port`, number>>;

interface EmulatorPortOptions {
  readonly port?: number;
  readonly keyVaultPort?: number;
  readonly entraPort?: number;
  readonly secretServerPort?: number;
  readonly secretServerHttpPort?: number;
  readonly controlPort?: number;
}

interface DevCommandOptions extends PortOptions, EmulatorPortOptions {
  readonly dataDir: string;
  readonly interval: number;
}

interface UpCommandOptions extends PortOptions {
  readonly dataDir: string;
  readonly connectorFile: string;
}

interface EmulateOptions extends EmulatorPortOptions {
  readonly dataDir: string;
  readonly demo?: boolean;
}

const defaultDataDirectory = '.ssakv';
const defaultIntervalSeconds = 30;

/** What the stand-ins call their ports; passed on as they are. */
const emulatorPorts = {
  port: '--port',
  keyVaultPort: '--key-vault-port',
  entraPort: '--entra-port',
  secretServerPort: '--secret-server-port',
  secretServerHttpPort: '--secret-server-http-port',
  controlPort: '--control-port',
} as const satisfies Record<keyof EmulatorPortOptions, string>;

/** The commands that run everything on one machine: `dev`, `up`, `emulate`. */
export function addLocalCommands(program: Command): void {
  const dev = program.command('dev').description('run the demo: stand-ins, Temporal, ledger, worker, http');
  dev.option('--data-dir <folder>', 'where everything is kept', defaultDataDirectory);
  dev.option('--interval <seconds>', 'seconds between two cycles', readInterval, defaultIntervalSeconds);
  withEmulatorPorts(withPorts(dev));
  dev.addHelpText(
    'after',
    '\nExamples:\n  $ ssakv dev\n  $ ssakv dev --json --data-dir /tmp/trial --interval 5',
  );
  dev.action(action<DevCommandOptions>(async (invocation) => leave(await runDevCommand(invocation))));

  const up = program
    .command('up')
    .description('run Temporal, ledger, worker and http here, against real systems');
  up.requiredOption('-c, --connector-file <file>', 'connector JSON, with its other files beside it');
  up.option('--data-dir <folder>', 'where everything is kept', '.ssakv-up');
  withPorts(up);
  up.addHelpText('after', '\nExample:\n  $ ssakv up -c config/connector.json');
  up.action(action<UpCommandOptions>(async (invocation) => leave(await runUpCommand(invocation))));

  const emulate = program
    .command('emulate')
    .description('run only the stand-ins for Azure and Secret Server');
  emulate.option('--data-dir <folder>', 'where their state is kept', '.ssakv-emulate');
  emulate.option('--demo', 'begin with the demo data in Secret Server');
  withEmulatorPorts(emulate);
  emulate.addHelpText('after', '\nExample:\n  $ ssakv emulate --json --port 9500');
  emulate.action(action<EmulateOptions>(async (invocation) => leave(await runEmulateCommand(invocation))));
}

function runDevCommand({
  options,
  output,
}: Invocation<DevCommandOptions>): Promise<'stopped' | 'interrupted'> {
  const devOptions: DevOptions = {
    dataDirectory: options.dataDir,
    intervalSeconds: options.interval,
    ports: fixedPorts(options),
    emulatorOptions: emulatorOptions(options),
    configOption: (settingsFile) => configOption(options.dataDir, settingsFile),
  };
  return runDev(devOptions, output);
}

function runUpCommand({ options, output }: Invocation<UpCommandOptions>): Promise<'stopped' | 'interrupted'> {
  const { dataDir, connectorFile } = options;
  return runUp(
    {
      dataDirectory: dataDir,
      connectorFile,
      ports: fixedPorts(options),
      configOption: (settingsFile) => configOption(dataDir, settingsFile),
    },
    output,
  );
}

function runEmulateCommand({
  options,
  output,
}: Invocation<EmulateOptions>): Promise<'stopped' | 'interrupted'> {
  const demo = options.demo === true ? ['--demo'] : [];
  return runEmulators(
    { dataDirectory: options.dataDir, emulatorOptions: [...demo, ...emulatorOptions(options)] },
    output,
  );
}

/** An interrupted start may leave a connection attempt behind, which must not keep the process. */
function leave(end: 'stopped' | 'interrupted'): ExitCode {
  const exitCode = end === 'stopped' ? exitCodes.ok : exitCodes.interrupted;
  if (end === 'interrupted') process.exit(exitCode);
  return exitCode;
}

function withPorts(command: Command): Command {
  for (const name of portNames)
    command.option(`${portOptions[name]} <port>`, 'a fixed port (0: any free one)', readPort);
  return command;
}

function withEmulatorPorts(command: Command): Command {
  command.option(
    '--port <port>',
    'first of five ports in a row for the stand-ins (0: any free ones)',
    readPort,
  );
  for (const option of Object.values(emulatorPorts).slice(1)) {
    command.option(`${option} <port>`, 'a fixed port of one stand-in', readPort);
  }
  return command;
}

function fixedPorts(options: PortOptions): Partial<Record<PortName, number>> {
  const entries = portNames.map((name) => [name, options[`${name}Port`]] as const);
  return Object.fromEntries(entries.filter(([, port]) => port !== undefined));
}

function emulatorOptions(options: EmulatorPortOptions): string[] {
  const names = Object.keys(emulatorPorts) as (keyof EmulatorPortOptions)[];
  return names.flatMap((name) =>
    options[name] === undefined ? [] : [emulatorPorts[name], String(options[name])],
  );
}

/** In the usual place, commands find the settings by themselves. */
function configOption(dataDirectory: string, settingsFile: string): string {
  return path.resolve(dataDirectory) === path.resolve(defaultDataDirectory)
    ? ''
    : ` --config ${settingsFile}`;
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}

function readInterval(text: string): number {
  const seconds = Number(text);
  if (/^\d{1,6}$/.test(text) && seconds >= 1) return seconds;
  throw new InvalidArgumentError('An interval is a whole number of seconds, at least 1.');
}
