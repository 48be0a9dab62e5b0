import { Gauge, Registry } from 'prom-client';
import { listConnectors, type ConnectorOverview } from '../../ledger/connectors';
import type { LedgerDatabase } from '../../ledger/database';
import type { MetricsSource } from './application';

/** What the ledger tells of the connectors, read at each scrape. Labels hold connector names and states only. */
export function connectorMetrics(db: LedgerDatabase): MetricsSource {
  const registry = new Registry();
  const gauges = registerGauges(registry);
  return {
    contentType: registry.contentType,
    async read() {
      const connectors = await listConnectors(db).catch(() => undefined);
      registry.resetMetrics();
      gauges.ledgerUp.set(connectors === undefined ? 0 : 1);
      for (const connector of connectors ?? []) show(connector, gauges);
      return registry.metrics();
    },
  };
}

type Gauges = ReturnType<typeof registerGauges>;

function registerGauges(registry: Registry) {
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  return {
    ledgerUp: gauge('ssakv_ledger_up', '1 when the ledger answered this scrape.', []),
    state: gauge('ssakv_connector_state', '1 for the state in which the connector is.', [
      'connector',
      'state',
    ]),
    pairs: gauge('ssakv_pairs', 'Pairs of a secret and an external secret.', ['connector']),
    lastCycle: gauge('ssakv_last_cycle_end_timestamp_seconds', 'When the newest cycle ended.', [
      'connector',
      'outcome',
    ]),
    results: gauge('ssakv_last_cycle_secrets', 'Secrets of the newest cycle by what became of them.', [
      'connector',
      'result',
    ]),
  };
}

function show({ name, state, pairs, lastCycle }: ConnectorOverview, gauges: Gauges): void {
  gauges.state.set({ connector: name, state }, 1);
  gauges.pairs.set({ connector: name }, pairs);
  if (lastCycle === undefined) return;
  gauges.lastCycle.set({ connector: name, outcome: lastCycle.outcome }, lastCycle.closedAt.getTime() / 1000);
  for (const [result, count] of Object.entries(lastCycle.counts))
    gauges.results.set({ connector: name, result }, count);
}
