import { NativeConnection } from '@temporalio/worker';
import { createActivities } from '../activities';
import type { RuntimeSettings } from '../config/runtime-settings';
import { failureInterceptor } from './failures';
import { createWorkers } from './pools';
import { installRuntime } from './runtime';
import { openServices } from './services';
import { openActivityMetrics } from './telemetry/activity-metrics';
import { openLog } from './telemetry/log';
import { listenForScrapes } from './telemetry/worker-listener';
import { temporalConnectionOptions } from './temporal-connection';
import { asTemporalError } from './temporal-error';
import { endOnUncaughtErrors } from './unexpected-end';

/**
 * Runs the workers of this process until SIGTERM or SIGINT. Pages under way may go on for `shutdownGraceMs`; then they
 * leave a checkpoint.
 */
export async function runWorker(settings: RuntimeSettings, shutdownGraceMs: number): Promise<void> {
  const log = openLog(settings.logLevel, 'worker');
  endOnUncaughtErrors(log);
  const coreMetricsAddress = await installRuntime(settings, log);
  const metrics = openActivityMetrics();
  const connection = await NativeConnection.connect(await temporalConnectionOptions(settings)).catch(
    asTemporalError,
  );
  const services = await openServices(settings, connection);
  const activities = createActivities(services.forActivities);
  const interceptors = { activity: [failureInterceptor(log, metrics)] };
  const workers = await createWorkers({ settings, shutdownGraceMs, connection, activities, interceptors });
  const isReady = () => workers.every((worker) => worker.getState() === 'RUNNING');
  const address = settings.listeners.workerMetrics;
  const listener = await listenForScrapes({ address, coreMetricsAddress, metrics, isReady });
  const taskQueues = workers.map((worker) => worker.options.taskQueue);
  log.info({ metrics: `${listener.url}/metrics`, taskQueues }, 'worker started');
  try {
    await Promise.all(workers.map((worker) => worker.run()));
  } finally {
    await listener.close();
    await services.close();
    await connection.close();
    log.info('worker stopped');
  }
}
