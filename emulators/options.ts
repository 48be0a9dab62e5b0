import { parseArgs } from 'node:util';
import type { Ports } from './frame/ports';

/** What the command line asks for. */
export interface EmulatorOptions {
  readonly dataDirectory: string;
  readonly ports: Partial<Ports>;
  readonly json: boolean;
  readonly demo: boolean;
  readonly exitWithParent: boolean;
}

export const USAGE = `Usage: node dist/emulators/main.js --data-dir <folder> [options]

  --data-dir <folder>              where state, keys and ports are kept
  --json                           print one JSON line when ready, nothing else
  --demo                           begin with the demo data in Secret Server
  --port <number>                  first of five ports in a row: Key Vault, Entra, Secret Server (HTTPS),
                                   Secret Server (HTTP), control
  --key-vault-port <number>        and so on: one port, stronger than --port
  --entra-port <number>
  --secret-server-port <number>
  --secret-server-http-port <number>
  --control-port <number>
  --exit-with-parent               end when standard input ends
`;

// In the order in which --port hands out numbers.
const PORT_OPTIONS: readonly (readonly [keyof Ports, string])[] = [
  ['keyVault', 'key-vault-port'],
  ['entra', 'entra-port'],
  ['secretServer', 'secret-server-port'],
  ['secretServerHttp', 'secret-server-http-port'],
  ['control', 'control-port'],
];

/** Reads the command line; throws an Error with a plain sentence. */
export function readOptions(args: string[]): EmulatorOptions {
  const { values } = parseArgs({
    args,
    options: {
      'data-dir': { type: 'string' },
      json: { type: 'boolean', default: false },
      demo: { type: 'boolean', default: false },
      'exit-with-parent': { type: 'boolean', default: false },
      port: { type: 'string' },
      ...Object.fromEntries(PORT_OPTIONS.map(([, option]) => [option, { type: 'string' as const }])),
    },
  });
  const dataDirectory = values['data-dir'];
  if (!dataDirectory)
    throw new Error('--data-dir is missing: name the folder where the stand-ins keep their state.');
  return {
    dataDirectory,
    ports: readPorts(new Map(Object.entries(values))),
    json: values.json,
    demo: values.demo,
    exitWithParent: values['exit-with-parent'],
  };
}

function readPorts(values: ReadonlyMap<string, unknown>): Partial<Ports> {
  const first = values.has('port') ? readPort('port', values.get('port')) : undefined;
  const ports: Partial<Record<keyof Ports, number>> = {};
  for (const [index, [name, option]] of PORT_OPTIONS.entries()) {
    if (values.has(option)) ports[name] = readPort(option, values.get(option));
    else if (first !== undefined) ports[name] = first === 0 ? 0 : first + index;
  }
  return ports;
}

function readPort(option: string, text: unknown): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--${option} must be a port number from 0 to 65535, but it is '${String(text)}'.`);
  }
  return port;
}
