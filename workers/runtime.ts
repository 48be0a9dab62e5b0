import { createServer } from 'node:net';
import { Runtime } from '@temporalio/worker';
import type { RuntimeSettings } from '../config/runtime-settings';
import { SsakvError } from '../domain/errors/ssakv-error';
import { temporalLogger, type Log } from './telemetry/log';

const coreLevels = { debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR' } as const;

/**
 * Installs the Temporal runtime of this process: logs go to ours as JSON, metrics to a loopback address, and
 * SIGTERM and SIGINT shut the workers down gracefully. Once per process, before anything else of Temporal.
 *
 * @returns the address (`host:port`) of the SDK's own metrics
 */
export async function installRuntime(settings: RuntimeSettings, log: Log): Promise<string> {
  // The SDK cannot tell which port it took, so a free one is chosen for it.
  const coreMetricsAddress = `127.0.0.1:${await findFreePort()}`;
  Runtime.install({
    logger: temporalLogger(log),
    shutdownSignals: ['SIGTERM', 'SIGINT'],
    telemetryOptions: {
      logging: { forward: {}, filter: { core: coreLevels[settings.logLevel], other: 'WARN' } },
      metrics: { prometheus: { bindAddress: coreMetricsAddress } },
    },
  });
  return coreMetricsAddress;
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', () => reject(new SsakvError('PortInUse', { detail: 'No loopback port is free.' })));
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
