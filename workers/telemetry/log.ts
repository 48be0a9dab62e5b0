import {
  ApplicationFailure,
  TemporalFailure,
  type LogLevel,
  type Logger,
  type LogMetadata,
} from '@temporalio/common';
import pino from 'pino';
import { SsakvError } from '../../domain/errors/ssakv-error';

export type Log = pino.Logger;

type ConfiguredLevel = 'debug' | 'info' | 'warn' | 'error';

/** A log of JSON lines. Errors are reduced by `describeError` wherever they stand in an entry. */
export function openLog(
  level: ConfiguredLevel,
  part: string,
  destination: pino.DestinationStream = pino.destination(1),
): Log {
  const serializers = { error: describeError, err: describeError, reason: describeError };
  const options: pino.LoggerOptions = {
    level,
    base: { part },
    serializers,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  return pino(options, destination);
}

/**
 * What a log may say of an error. The text of an error that is not ours may hold a request's body, so only its
 * class and the places in our code are kept.
 */
export function describeError(error: unknown): object {
  if (error instanceof SsakvError) return { code: error.code, message: error.message };
  if (error instanceof ApplicationFailure) return { code: error.type, message: error.message };
  if (error instanceof TemporalFailure) return { class: error.name, message: error.message };
  if (!(error instanceof Error)) return { class: typeof error };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { class: error.constructor.name, at: frames.slice(0, 8).map((line) => line.trim()) };
}

const pinoLevels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** Lets the Temporal SDK write to our log. */
export function temporalLogger(log: Log): Logger {
  const write = (level: LogLevel, message: string, meta?: LogMetadata) => {
    log[pinoLevels[level]](readable(meta), message);
  };
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}

/** The SDK hands over big integers and its own symbols, which JSON cannot hold. */
function readable(meta: LogMetadata | undefined): object {
  const entries = Object.entries(meta ?? {});
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === 'bigint' ? String(value) : value]),
  );
}
