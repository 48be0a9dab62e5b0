import type { Output } from '../cli/output';
import {
  openDataDirectory,
  releaseDataDirectory,
  type DataDirectory,
  type DataDirectoryOwner,
} from '../supervisor/data-directory';
import type { Progress } from '../supervisor/progress';
import { Supervisor } from '../supervisor/supervisor';
import { untilStopped } from '../until-stopped';

export interface LocalContext {
  readonly directory: DataDirectory;
  readonly supervisor: Supervisor;
  readonly progress: Progress;
  /** Aborts when the run is to end. */
  readonly signal: AbortSignal;
}

/** What is printed when everything runs: one JSON line or a screen. */
export interface ReadyScreen {
  readonly value: object;
  readonly text: string;
}

interface LocalRun {
  readonly owner: DataDirectoryOwner;
  readonly dataDirectory: string;
  readonly output: Output;
  readonly start: (context: LocalContext) => Promise<ReadyScreen>;
}

/**
 * Runs parts in a data directory until a signal, and leaves nothing running whatever happens.
 *
 * @returns 'stopped' after a normal run, 'interrupted' when the signal came before everything was ready
 * @throws SsakvError whatever made a part fail
 */
export async function runLocally(run: LocalRun): Promise<'stopped' | 'interrupted'> {
  const { output } = run;
  const signal = untilStopped(false);
  const directory = openDataDirectory(run.dataDirectory, run.owner);
  const supervisor = new Supervisor(directory, (sentence) => output.progress.note(sentence));
  try {
    const ending = endOf(signal, supervisor);
    const starting = run.start({ directory, supervisor, progress: output.progress, signal });
    // After an interruption nobody waits for the start any more.
    starting.catch(() => undefined);
    const ready = await Promise.race([starting, ending]);
    output.progress.finish();
    if (ready === 'interrupted') return 'interrupted';
    output.result(ready.value, ready.text);
    await ending;
    return 'stopped';
  } finally {
    output.progress.step('Stopping');
    await supervisor.stop();
    output.progress.finish();
    releaseDataDirectory(directory);
  }
}

async function endOf(signal: AbortSignal, supervisor: Supervisor): Promise<'interrupted'> {
  const interrupted = new Promise<'interrupted'>((resolve) => {
    signal.addEventListener('abort', () => resolve('interrupted'), { once: true });
  });
  const end = await Promise.race([interrupted, supervisor.failure]);
  if (end !== 'interrupted') throw end;
  return end;
}
