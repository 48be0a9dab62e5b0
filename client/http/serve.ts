import type { Client } from '@temporalio/client';
import type { RuntimeSettings } from '../../config/runtime-settings';
import { SsakvError } from '../../domain/errors/ssakv-error';
import type { LedgerDatabase } from '../../ledger/database';
import { requireMigrated } from '../../ledger/migrate';
import { openConfiguredLedger } from '../../workers/installation';
import { classifyTemporalError } from '../../workers/temporal-error';
import { listen } from '../../workers/telemetry/listener';
import { openLog } from '../../workers/telemetry/log';
import { connectTemporalLazily } from '../temporal/connect';
import { metricsApplication, operatorsApplication, type ReadinessCheck } from './application';
import { connectorMetrics } from './connector-metrics';

const temporalDeadlineMs = 3_000;

/**
 * Serves health for operators and metrics, each on its own listener, until the signal aborts.
 *
 * @throws SsakvError PortInUse, CredentialUnreadable
 */
export async function serveHttp(settings: RuntimeSettings, signal: AbortSignal): Promise<void> {
  const log = openLog(settings.logLevel, 'http');
  const ledger = await openConfiguredLedger(settings);
  const temporal = await connectTemporalLazily(settings);
  const checks = [ledgerCheck(ledger.db), temporalCheck(temporal.client, settings.temporal.namespace)];
  const operators = await listen(operatorsApplication(checks), settings.listeners.operators, 'operators');
  const metrics = await listen(
    metricsApplication(connectorMetrics(ledger.db)),
    settings.listeners.metrics,
    'metrics',
  );
  log.info({ operators: operators.url, metrics: metrics.url }, 'http started');
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await Promise.all([operators.close(), metrics.close()]);
  const closed = await Promise.allSettled([ledger.close(), temporal.close()]);
  for (const result of closed) {
    if (result.status === 'rejected') log.warn({ error: result.reason }, 'a connection did not close');
  }
  log.info('http stopped');
}

function ledgerCheck(db: LedgerDatabase): ReadinessCheck {
  return { name: 'ledger', check: () => codeOf(requireMigrated(db)) };
}

function temporalCheck(client: Client, namespace: string): ReadinessCheck {
  const ask = () =>
    client.withDeadline(Date.now() + temporalDeadlineMs, () =>
      client.workflowService.describeNamespace({ namespace }),
    );
  return { name: 'temporal', check: () => codeOf(ask()) };
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    const known = error instanceof SsakvError ? error : classifyTemporalError(error);
    return known?.code ?? 'Unexpected';
  }
}
