import path from 'node:path';
import { Connection } from '@temporalio/client';
import { searchAttributes } from './search-attributes';
import type { DataDirectory } from '../supervisor/data-directory';
import type { PartDefinition } from '../supervisor/part';
import type { Ports } from '../supervisor/ports';

/** The dev server makes this namespace by itself. */
export const developmentNamespace = 'default';

const startTimeoutMs = 60_000;
/** It waits for clients that are gone. Killed, it loses nothing: SQLite's log is complete at every commit. */
const stopTimeoutMs = 1_500;
const probeTimeoutMs = 1_000;

/**
 * The Temporal development server with a database file in the data directory, the Web UI and our search attributes.
 *
 * WAL with synchronous=NORMAL makes the file database about 2.5 times faster, and a crash of the process loses
 * nothing (https://www.sqlite.org/pragma.html#pragma_synchronous).
 */
export function temporalDevServer(binary: string, directory: DataDirectory, ports: Ports): PartDefinition {
  const options = [
    ['--ip', '127.0.0.1'],
    ['--port', String(ports.temporal)],
    ['--ui-port', String(ports.ui)],
    ['--db-filename', path.join(directory.state, 'temporal.db')],
    ['--namespace', developmentNamespace],
    ['--sqlite-pragma', 'journal_mode=WAL'],
    ['--sqlite-pragma', 'synchronous=NORMAL'],
    ['--log-level', 'warn'],
    ['--log-format', 'json'],
    ...searchAttributes.map((name) => ['--search-attribute', `${name}=Keyword`]),
  ];
  return {
    name: 'temporal',
    command: binary,
    arguments: ['server', 'start-dev', ...options.flat()],
    readiness: { kind: 'probe', probe: () => answers(`127.0.0.1:${ports.temporal}`) },
    startTimeoutMs,
    whenItEnds: 'endRun',
    stopTimeoutMs,
  };
}

async function answers(address: string): Promise<boolean> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: probeTimeoutMs });
    try {
      const found = await connection.workflowService.describeNamespace({ namespace: developmentNamespace });
      return found.namespaceInfo?.name === developmentNamespace;
    } finally {
      await connection.close();
    }
  } catch {
    return false;
  }
}
