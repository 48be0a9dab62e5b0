import path from 'node:path';
import type { DataDirectory } from '../supervisor/data-directory';
import type { PartDefinition } from '../supervisor/part';
import type { Ports } from '../supervisor/ports';

/** The folder of the compiled program; the stand-ins and the ledger run as processes of their own from here. */
const programFolder = path.join(__dirname, '..', '..');

const startTimeoutMs = 90_000;
const stopTimeoutMs = 6_000;
const probeTimeoutMs = 2_000;
/** Long enough for a page to leave its checkpoint, short enough for somebody who pressed Ctrl-C. */
const workerGraceSeconds = 1;

/** The stand-ins for Azure and Secret Server. `extra` holds options of their own command line. */
export function emulatorsPart(directory: DataDirectory, extra: readonly string[]): PartDefinition {
  const dataDirectory = path.join(directory.state, 'emulators');
  const options = ['--json', '--exit-with-parent', '--data-dir', dataDirectory, ...extra];
  return nodePart('emulators', ['emulators', 'main.js'], {
    options,
    readiness: { kind: 'line' },
    whenItEnds: 'endRun',
  });
}

/** The embedded ledger: PGlite behind its socket server. */
export function ledgerPart(directory: DataDirectory, ports: Ports): PartDefinition {
  const dataDirectory = path.join(directory.state, 'ledger');
  const options = ['--exit-with-parent', '--data-dir', dataDirectory, '--port', String(ports.ledger)];
  return nodePart('ledger', ['ledger', 'embedded-server.js'], {
    options,
    readiness: { kind: 'line' },
    whenItEnds: 'endRun',
  });
}

export function workerPart(settingsFile: string, ports: Ports): PartDefinition {
  const options = [
    'worker',
    '--config',
    settingsFile,
    '--exit-with-parent',
    '--grace-seconds',
    String(workerGraceSeconds),
  ];
  return ownCommand('worker', options, `http://127.0.0.1:${ports.workerMetrics}/readyz`);
}

export function httpPart(settingsFile: string, ports: Ports): PartDefinition {
  const options = ['http', '--config', settingsFile, '--exit-with-parent'];
  return ownCommand('http', options, `http://127.0.0.1:${ports.http}/readyz`);
}

function ownCommand(name: string, options: readonly string[], readyUrl: string): PartDefinition {
  const readiness = { kind: 'probe', probe: () => answersOk(readyUrl) } as const;
  return nodePart(name, ['client', 'cli', 'main.js'], { options, readiness, whenItEnds: 'restart' });
}

type NodePart = Pick<PartDefinition, 'readiness' | 'whenItEnds'> & { readonly options: readonly string[] };

function nodePart(name: string, program: readonly string[], { options, ...rest }: NodePart): PartDefinition {
  const file = path.join(programFolder, ...program);
  return {
    name,
    command: process.execPath,
    arguments: [file, ...options],
    startTimeoutMs,
    stopTimeoutMs,
    ...rest,
  };
}

async function answersOk(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(probeTimeoutMs) })).ok;
  } catch {
    return false;
  }
}
