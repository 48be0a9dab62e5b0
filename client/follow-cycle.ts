import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { CycleProgress } from '../domain/cycles';
import type { Progress } from './supervisor/progress';

const pollMs = 500;

const phaseTitles: Readonly<Record<CycleProgress['phase'], string>> = {
  beginning: 'Beginning',
  scanning: 'Listing both sides',
  planning: 'Comparing what moved',
  guarding: 'Proving that no name collides',
  applying: 'Writing',
  retrying: 'Trying single secrets again',
  reporting: 'Writing the report',
  ended: 'Done',
};

interface Following<T> {
  readonly client: Client;
  /** The workflow that answers the query `progress`. */
  readonly workflowId: string;
  readonly progress: Progress;
  readonly result: Promise<T>;
}

/** Waits for a result and shows meanwhile where the cycle stands. */
export async function followCycle<T>({ client, workflowId, progress, result }: Following<T>): Promise<T> {
  const stop = new AbortController();
  const shown = showProgress(client, workflowId, { progress, signal: stop.signal });
  try {
    return await result;
  } finally {
    stop.abort();
    await shown;
  }
}

interface Showing {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

async function showProgress(
  client: Client,
  workflowId: string,
  { progress, signal }: Showing,
): Promise<void> {
  let phase: CycleProgress['phase'] | undefined;
  while (!signal.aborted) {
    const found = await askProgress(client, workflowId);
    if (found !== undefined && !signal.aborted) {
      if (found.phase !== phase && found.phase !== 'ended') progress.step(phaseTitles[found.phase]);
      phase = found.phase;
      if (found.phase === 'applying') progress.advance(Math.min(found.pagesDone, found.pages), found.pages);
    }
    await delay(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

/** A run that has not begun, or whose worker is busy, has no answer for the moment. */
async function askProgress(client: Client, workflowId: string): Promise<CycleProgress | undefined> {
  try {
    return await client.workflow.getHandle(workflowId).query<CycleProgress>('progress');
  } catch {
    return undefined;
  }
}
