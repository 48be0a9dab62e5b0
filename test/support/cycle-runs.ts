import { randomUUID } from 'node:crypto';
import type { ActivationResult } from '../../domain/connection-tests';
import type { CycleReport, CycleResult } from '../../domain/cycles';
import type { SyncWorld } from './sync-world';

const taskQueue = 'ssakv';

export async function activate(world: SyncWorld): Promise<ActivationResult> {
  return await world.temporal.workflow.execute('activateConnector', {
    workflowId: `activate/${world.connector}`,
    taskQueue,
    args: [{ connector: world.connector }],
  });
}

/** Runs a full cycle to its end and returns its report; fails when it did not run. */
export async function runCycle(world: SyncWorld, input: object = {}): Promise<CycleReport> {
  return reportOf(
    await world.temporal.workflow.execute<(input: object) => Promise<CycleResult>>('syncCycle', {
      workflowId: `sync/${world.connector}/${randomUUID()}`,
      taskQueue,
      args: [{ connector: world.connector, ...input }],
    }),
  );
}

/** Force Sync of the named secrets. */
export async function syncSecrets(world: SyncWorld, secretIds: readonly number[]): Promise<CycleReport> {
  return reportOf(
    await world.temporal.workflow.execute<(input: object) => Promise<CycleResult>>('syncSecrets', {
      workflowId: `sync-now/${world.connector}/${randomUUID()}`,
      taskQueue,
      args: [{ connector: world.connector, secretIds }],
    }),
  );
}

function reportOf(result: CycleResult): CycleReport {
  if ('cycleId' in result) return result;
  throw new Error(`The cycle ended as ${JSON.stringify(result)}.`);
}
