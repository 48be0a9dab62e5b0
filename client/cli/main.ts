#!/usr/bin/env node
import './node-version';
import { CommanderError } from 'commander';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { describeFailure } from '../failure';
import { exitCodes } from './exit-codes';
import { openOutput } from './output';
import { buildProgram } from './program';

// Read before the command line is parsed: what cannot be parsed is an error as well.
const json = process.argv.includes('--json');

async function main(): Promise<void> {
  try {
    await buildProgram({ quiet: json }).parseAsync(process.argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version are no errors.
    if (error.exitCode === 0) return;
    // For a person, Commander has printed its own sentence.
    if (json) openOutput(true).failure(describeFailure(wrongUsage(error)));
    process.exitCode = exitCodes.usage;
  }
}

function wrongUsage({ code, message }: CommanderError): SsakvError {
  const detail = code === 'commander.help' ? 'A subcommand is missing.' : message.replace(/^error: /, '');
  return new SsakvError('InvalidUsage', { detail });
}

void main();
