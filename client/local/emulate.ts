import type { Output } from '../cli/output';
import { emulatorsPart } from './parts';
import { runLocally, type LocalContext, type ReadyScreen } from './run-locally';
import { readStandIns } from './stand-ins-line';

export interface EmulateOptions {
  readonly dataDirectory: string;
  /** Options of the stand-ins' own command line. */
  readonly emulatorOptions: readonly string[];
}

/** `ssakv emulate`: the stand-ins alone, until a signal. */
export function runEmulators(options: EmulateOptions, output: Output): Promise<'stopped' | 'interrupted'> {
  const start = async ({ directory, supervisor, progress }: LocalContext): Promise<ReadyScreen> => {
    progress.step('Starting the stand-ins');
    const line = readStandIns(await supervisor.start(emulatorsPart(directory, options.emulatorOptions)));
    const emulators =
      line.folderId === undefined ? line.published : { ...line.published, folderId: line.folderId };
    return { value: { emulators }, text: describe(line.standIns) };
  };
  return runLocally({ owner: 'emulate', dataDirectory: options.dataDirectory, output, start });
}

function describe({
  secretServer,
  keyVault,
  entra,
  caFile,
  control,
}: ReturnType<typeof readStandIns>['standIns']): string {
  return [
    'The stand-ins are ready.',
    '',
    `  Secret Server   ${secretServer.url} (also ${secretServer.httpUrl}), account ${secretServer.username}`,
    `  Key Vault       ${keyVault.url}`,
    `  Entra           ${entra.authority}, tenant ${entra.tenantId}, client ${entra.clientId}`,
    `  Certificate     ${entra.certificatePath}`,
    `  Trust           ${caFile}`,
    `  Control         ${control.url}/stats`,
    '',
    'With --json, one line tells the same with the password and the client secret. Ctrl-C stops them.',
  ].join('\n');
}
