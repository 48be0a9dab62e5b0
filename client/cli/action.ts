import { Command, CommanderError } from 'commander';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { describeFailure } from '../failure';
import type { SettingsLocation } from '../settings-file';
import { exitCodeFor, type ExitCode } from './exit-codes';
import { openOutput, type Output } from './output';

/** The options that every command takes. */
interface GlobalOptions extends SettingsLocation {
  readonly json?: boolean;
}

/** What a command is run with. `options` holds its own and the global ones. */
export interface Invocation<Options> {
  readonly output: Output;
  readonly options: Options & GlobalOptions;
  readonly arguments: readonly string[];
}

type Work<Options> = (invocation: Invocation<Options>) => Promise<ExitCode | void>;

/** Makes a commander action: prints our errors as sentences with their code and sets the exit status. */
export function action<Options = object>(work: Work<Options>): (...received: unknown[]) => Promise<void> {
  return async (...received) => {
    const command = received.at(-1);
    if (!(command instanceof Command)) throw new SsakvError('InvalidUsage');
    const options: Options & GlobalOptions = command.optsWithGlobals();
    const output = openOutput(options.json === true);
    try {
      const exitCode = await work({ output, options, arguments: command.args });
      output.progress.finish();
      process.exitCode = exitCode ?? 0;
    } catch (error) {
      if (error instanceof CommanderError) throw error;
      const failure = describeFailure(error);
      output.failure(failure);
      process.exitCode = exitCodeFor(failure.code);
    }
  };
}
