import { existsSync } from 'node:fs';
import path from 'node:path';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { RuntimeSettings } from '../config/runtime-settings';
import { activityTaskQueue, workflowTaskQueue } from '../domain/connectors';
import { SsakvError } from '../domain/errors/ssakv-error';

/** One activity is a page of pairs, and four pages of a cycle run at once. */
const maxActivities = 24;
const maxCachedWorkflows = 200;

const forceAfterGraceMs = 10_000;

interface WorkerParts {
  readonly settings: RuntimeSettings;
  /** How long pages may go on after SIGTERM before they are told to leave a checkpoint, in milliseconds. */
  readonly shutdownGraceMs: number;
  readonly connection: NativeConnection;
  readonly activities: object;
  readonly interceptors: NonNullable<WorkerOptions['interceptors']>;
}

/**
 * Makes the workers of this process: workflows and activities on `ssakv`, activities alone on each configured
 * engine pool.
 *
 * @throws SsakvError WorkflowBundleMissing
 */
export async function createWorkers(parts: WorkerParts): Promise<readonly Worker[]> {
  const shared = sharedOptions(parts);
  const main = Worker.create({
    ...shared,
    taskQueue: workflowTaskQueue,
    workflowBundle: { codePath: bundlePath() },
    maxCachedWorkflows,
  });
  const pools = parts.settings.poolIds.map((enginePoolId) =>
    Worker.create({ ...shared, taskQueue: activityTaskQueue({ enginePoolId }) }),
  );
  return Promise.all([main, ...pools]);
}

function sharedOptions({ settings, shutdownGraceMs, connection, activities, interceptors }: WorkerParts) {
  return {
    connection,
    namespace: settings.temporal.namespace,
    activities,
    interceptors,
    maxConcurrentActivityTaskExecutions: maxActivities,
    shutdownGraceTime: shutdownGraceMs,
    shutdownForceTime: shutdownGraceMs + forceAfterGraceMs,
  };
}

/** Made by `npm run build` beside the compiled program. */
function bundlePath(): string {
  const file = path.join(__dirname, '..', 'workflow-bundle.js');
  if (!existsSync(file)) throw new SsakvError('WorkflowBundleMissing', { detail: `The path is ${file}.` });
  return file;
}
