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

/** Runs the workers of this process until SIGTERM or SIGINT; pages under way leave a checkpoint. */
export async function runWorker(settings: RuntimeSettings): Promise<void> {
  const log = openLog(settings.logLevel, 'worker');
  const coreMetricsAddress = await installRuntime(settings, log);
  const metrics = openActivityMetrics();
  const services = await openServices(settings);
  const connection = await NativeConnection.connect(await temporalConnectionOptions(settings)).catch(
    asTemporalError,
  );
  const interceptors = { activity: [failureInterceptor(log, metrics)] };
  const workers = await createWorkers({
    settings,
    connection,
    activities: createActivities(services.forActivities),
    interceptors,
  });
  const isReady = () => workers.every((worker) => worker.getState() === 'RUNNING');
  const address = settings.listeners.workerMetrics;
  const listener = await listenForScrapes({ address, coreMetricsAddress, metrics, isReady });
  log.info(
    { metrics: `${listener.url}/metrics`, taskQueues: workers.map((worker) => worker.options.taskQueue) },
    'worker started',
  );
  try {
    await Promise.all(workers.map((worker) => worker.run()));
  } finally {
    await listener.close();
    await services.close();
    await connection.close();
    log.info('worker stopped');
  }
}
