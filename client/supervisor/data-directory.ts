import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { portNames, type PortName } from './ports';
import { commandLineOf } from './process-table';

/** Which command made a data directory: the demo's data and real data never share one. */
export type DataDirectoryOwner = 'dev' | 'up' | 'emulate';

export interface DataDirectory {
  readonly root: string;
  readonly config: string;
  readonly logs: string;
  readonly run: string;
  /** Folders of the parts' own state. */
  readonly state: string;
}

const portsSchema = z.partialRecord(z.enum(portNames), z.int().min(1).max(65_535));
const ownProcessFile = 'ssakv.pid';

/**
 * Makes or reopens a data directory and claims it for this process. Parts that a killed start left running are
 * ended first.
 *
 * @throws SsakvError DataDirectoryUnusable, DataDirectoryMismatch, AlreadyStarted
 */
export function openDataDirectory(folder: string, owner: DataDirectoryOwner): DataDirectory {
  const root = path.resolve(folder);
  const within = (name: string) => path.join(root, name);
  const directory = {
    root,
    config: within('config'),
    logs: within('logs'),
    run: within('run'),
    state: within('state'),
  };
  try {
    for (const name of Object.values(directory)) mkdirSync(name, { recursive: true, mode: 0o700 });
    // The directory holds the demo's credentials and keys; it must never be committed by accident.
    writeFileSync(within('.gitignore'), '*\n');
  } catch {
    throw new SsakvError('DataDirectoryUnusable', { detail: `The path is ${root}.` });
  }
  claim(directory, owner);
  return directory;
}

/** Gives the directory free for the next start. */
export function releaseDataDirectory(directory: DataDirectory): void {
  rmSync(path.join(directory.run, ownProcessFile), { force: true });
}

/** The ports of the last start, so that links and vault addresses stay the same. */
export function readStoredPorts(directory: DataDirectory): Partial<Record<PortName, number>> {
  try {
    const parsed = portsSchema.safeParse(
      JSON.parse(readFileSync(path.join(directory.state, 'ports.json'), 'utf8')),
    );
    return parsed.success ? parsed.data : {};
  } catch {
    return {};
  }
}

/** Remembers the ports for the next start. */
export function storePorts(directory: DataDirectory, ports: Readonly<Record<PortName, number>>): void {
  writeAtomically(path.join(directory.state, 'ports.json'), `${JSON.stringify(ports, undefined, 2)}\n`);
}

function claim(directory: DataDirectory, owner: DataDirectoryOwner): void {
  const ownerFile = path.join(directory.state, 'owner');
  const knownOwner = readText(ownerFile);
  if (knownOwner !== undefined && knownOwner !== owner) {
    const detail = `${directory.root} was made by \`ssakv ${knownOwner}\`, and this is \`ssakv ${owner}\`.`;
    throw new SsakvError('DataDirectoryMismatch', { detail });
  }
  const holder = readHolder(directory);
  if (holder !== undefined) {
    throw new SsakvError('AlreadyStarted', {
      detail: `The directory is ${directory.root}, the process ${holder}.`,
    });
  }
  endLeftovers(directory);
  writeAtomically(ownerFile, owner);
  const ownLines = `${process.pid}\n${commandLineOf(process.pid) ?? ''}\n`;
  writeAtomically(path.join(directory.run, ownProcessFile), ownLines);
}

/** The other process that holds the directory. Its whole command line is compared: `npm start` names no path in it. */
function readHolder(directory: DataDirectory): number | undefined {
  const [firstLine, commandLine] = readText(path.join(directory.run, ownProcessFile))?.split('\n') ?? [];
  const holder = Number(firstLine);
  if (!(holder > 0) || holder === process.pid || commandLine === undefined) return undefined;
  return commandLine === commandLineOf(holder) ? holder : undefined;
}

/** Only a process whose command line names this very directory is ours; ids are reused by the system. */
function endLeftovers(directory: DataDirectory): void {
  for (const name of readdirSync(directory.run).filter((file) => file.endsWith('.pid'))) {
    const file = path.join(directory.run, name);
    const processId = Number(readText(file));
    if (name !== ownProcessFile && processId > 0 && commandLineOf(processId)?.includes(directory.root)) {
      process.kill(processId, 'SIGKILL');
    }
    rmSync(file, { force: true });
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function writeAtomically(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
