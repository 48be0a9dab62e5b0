import { Hono } from 'hono';

/** One thing that must answer before this process counts as ready. */
export interface ReadinessCheck {
  readonly name: string;
  /** The code of the error, or undefined when all is well. */
  readonly check: () => Promise<string | undefined>;
}

/** A probe per second of several load balancers must not become a load of its own. */
const readinessAgeMs = 1_000;

/** Health for operators: `/healthz` (the process runs) and `/readyz` (the ledger and Temporal answer). */
export function operatorsApplication(checks: readonly ReadinessCheck[]): Hono {
  const application = new Hono();
  const readiness = rememberFor(readinessAgeMs, () => runChecks(checks));
  application.get('/healthz', (context) => context.json({ status: 'ok' }));
  application.get('/readyz', async (context) => {
    const found = await readiness();
    const ready = Object.values(found).every((answer) => answer === 'ok');
    return context.json({ status: ready ? 'ready' : 'notReady', checks: found }, ready ? 200 : 503);
  });
  return application;
}

/** Metrics in Prometheus' text format, made anew for each scrape. */
export interface MetricsSource {
  readonly contentType: string;
  read(): Promise<string>;
}

/** `/metrics` for Prometheus. */
export function metricsApplication(source: MetricsSource): Hono {
  const application = new Hono();
  application.get('/healthz', (context) => context.json({ status: 'ok' }));
  application.get('/metrics', async (context) => {
    const text = await source.read();
    return context.text(text, 200, { 'content-type': source.contentType });
  });
  return application;
}

async function runChecks(checks: readonly ReadinessCheck[]): Promise<Record<string, string>> {
  const entries = checks.map(async ({ name, check }) => [name, (await check()) ?? 'ok'] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function rememberFor<T>(ageMs: number, ask: () => Promise<T>): () => Promise<T> {
  let remembered: { readonly at: number; readonly answer: Promise<T> } | undefined;
  return () => {
    if (remembered === undefined || performance.now() - remembered.at > ageMs) {
      remembered = { at: performance.now(), answer: ask() };
    }
    return remembered.answer;
  };
}
