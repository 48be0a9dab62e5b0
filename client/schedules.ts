import {
  ScheduleNotFoundError,
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
} from '@temporalio/client';
import { SsakvError } from '../domain/errors/ssakv-error';
import { asTemporalError } from '../workers/temporal-error';

/** The schedule of a connector's cycles; created by its activation. */
export function scheduleIdOf(connector: string): string {
  return `sync/${connector}`;
}

/** Stops further cycles; a running one ends by itself. Throws SsakvError ScheduleMissing, TemporalUnreachable. */
export function pauseSchedule(client: Client, connector: string, note: string): Promise<void> {
  return onSchedule(client, connector, (handle) => handle.pause(note));
}

export function resumeSchedule(client: Client, connector: string, note: string): Promise<void> {
  return onSchedule(client, connector, (handle) => handle.unpause(note));
}

export function deleteSchedule(client: Client, connector: string): Promise<void> {
  return onSchedule(client, connector, (handle) => handle.delete());
}

/** Next and recent runs, skipped starts, whether it is paused. */
export function describeSchedule(client: Client, connector: string): Promise<ScheduleDescription> {
  return onSchedule(client, connector, (handle) => handle.describe());
}

async function onSchedule<T>(
  client: Client,
  connector: string,
  work: (handle: ScheduleHandle) => Promise<T>,
): Promise<T> {
  try {
    return await work(client.schedule.getHandle(scheduleIdOf(connector)));
  } catch (error) {
    if (error instanceof ScheduleNotFoundError)
      throw new SsakvError('ScheduleMissing', { detail: `Connector: ${connector}.` });
    return asTemporalError(error);
  }
}
