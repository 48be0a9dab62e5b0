import { Hono } from 'hono';
import type { ActivityMetrics } from './activity-metrics';
import { listen, type ListenAddress, type Listener } from './listener';

const coreTimeoutMs = 2_000;

interface WorkerListenerOptions {
  readonly address: ListenAddress;
  /** Loopback address on which the Temporal SDK serves its own metrics. */
  readonly coreMetricsAddress: string;
  readonly metrics: ActivityMetrics;
  readonly isReady: () => boolean;
}

/** The worker's listener: one scrape gives the SDK's metrics and ours; health for container platforms. */
export function listenForScrapes(options: WorkerListenerOptions): Promise<Listener> {
  const application = new Hono();
  application.get('/healthz', (context) => context.json({ status: 'ok' }));
  application.get('/readyz', (context) =>
    options.isReady() ? context.json({ status: 'ready' }) : context.json({ status: 'starting' }, 503),
  );
  application.get('/metrics', async (context) => {
    const own = await options.metrics.registry.metrics();
    const core = await readCoreMetrics(options.coreMetricsAddress);
    return context.text(`${own}\n${core}`, 200, { 'content-type': options.metrics.registry.contentType });
  });
  return listen(application, options.address, 'workerMetrics');
}

/** Our own metrics stay readable when the SDK's do not answer. */
async function readCoreMetrics(address: string): Promise<string> {
  try {
    const response = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(coreTimeoutMs) });
    return response.ok ? await response.text() : '';
  } catch {
    return '# The metrics of the Temporal SDK did not answer.\n';
  }
}
