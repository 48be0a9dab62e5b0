import { randomUUID } from 'node:crypto';
import type { WorkflowHandleWithStartDetails } from '@temporalio/client';
import type { CycleProgress, CycleReport, CycleResult, SyncSecretsInput } from '../../domain/cycles';
import type { FaultInput } from './emulators';
import { until, type SyncWorld } from './sync-world';

type Cycle = (input: object) => Promise<CycleResult>;
export type RunningCycle = WorkflowHandleWithStartDetails<Cycle>;

const taskQueue = 'ssakv';

/** Starts a full cycle under an id of its own. */
export async function startCycle(world: SyncWorld, input: object = {}): Promise<RunningCycle> {
  return await world.temporal.workflow.start<Cycle>('syncCycle', {
    workflowId: `sync/${world.connector}/${randomUUID()}`,
    taskQueue,
    args: [{ connector: world.connector, ...input }],
  });
}

/** Starts a Force Sync of the named secrets. */
export async function startTargeted(world: SyncWorld, secretIds: readonly number[]): Promise<RunningCycle> {
  const input: SyncSecretsInput = { connector: world.connector, secretIds };
  return await world.temporal.workflow.start<Cycle>('syncSecrets', {
    workflowId: `sync-now/${world.connector}/${randomUUID()}`,
    taskQueue,
    args: [input],
  });
}

/** The report of a cycle when it has ended; fails when it ended without one. */
export async function reportOf(cycle: RunningCycle): Promise<CycleReport> {
  const result = await cycle.result();
  if (!('cycleId' in result)) throw new Error(`The cycle ended as ${JSON.stringify(result)}.`);
  return result;
}

export async function progressOf(cycle: RunningCycle): Promise<CycleProgress> {
  return await cycle.query<CycleProgress>('progress');
}

/** A call that a stand-in keeps open until it is released. */
export interface HeldCall {
  /** Waits until the call is there. */
  reached(): Promise<void>;
  release(): Promise<void>;
}

/** Holds the next matching call of a client that has signed in, before or after the call's own effect. */
export async function holdCall(
  world: SyncWorld,
  match: FaultInput['match'],
  when: 'before' | 'after',
): Promise<HeldCall> {
  const { control } = world.emulators;
  const { id } = await control.addFault({
    match: { withToken: true, ...match },
    effect: { kind: 'hold', when },
  });
  return {
    reached: async () => await until(async () => (await control.fault(id)).held === 1),
    release: async () => await control.removeFault(id),
  };
}

/** The attempts of the activities of this cycle that are not over, by activity type. */
export async function attemptsOf(cycle: RunningCycle): Promise<Readonly<Record<string, number>>> {
  const { raw } = await cycle.describe();
  const pending = raw.pendingActivities ?? [];
  return Object.fromEntries(pending.map(({ activityType, attempt }) => [activityType?.name, attempt ?? 0]));
}

/** Codes of the failures after which Temporal tried an activity of this cycle again. */
export async function retriedFor(cycle: RunningCycle): Promise<readonly string[]> {
  const { events } = await cycle.fetchHistory();
  return (events ?? []).flatMap(({ activityTaskStartedEventAttributes: started }) => {
    const type = started?.lastFailure?.applicationFailureInfo?.type;
    return type ? [type] : [];
  });
}
