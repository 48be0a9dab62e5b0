import { existsSync, readFileSync, statSync } from 'node:fs';
import { SsakvError } from '../domain/errors/ssakv-error';
import type { ConfigSource } from './documents';

const maximumBytes = 1_048_576;

/** Reads a configuration file. Throws ConfigurationFileUnreadable; the system's own message adds nothing to it. */
export function readRequired(file: string): ConfigSource {
  const source = readIfPresent(file);
  if (source === undefined)
    throw new SsakvError('ConfigurationFileUnreadable', { detail: `There is no file ${file}.` });
  return source;
}

/** Reads a configuration file that may be absent. */
export function readIfPresent(file: string): ConfigSource | undefined {
  if (!existsSync(file)) return undefined;
  try {
    if (statSync(file).size > maximumBytes)
      throw new SsakvError('ConfigurationFileUnreadable', { detail: tooLarge(file) });
    return { file, text: readFileSync(file, 'utf8').replace(/^\uFEFF/, '') };
  } catch (error) {
    if (error instanceof SsakvError) throw error;
    throw new SsakvError('ConfigurationFileUnreadable', { detail: `The file ${file} cannot be read.` });
  }
}

function tooLarge(file: string): string {
  return `The file ${file} is larger than ${maximumBytes} bytes.`;
}
