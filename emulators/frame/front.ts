import { setTimeout as sleep } from 'node:timers/promises';
import type { CallLog } from './call-log';
import type { Clock } from './clock';
import type { Faults } from './faults';
import { performUnder, type Outcome } from './perform';
import { serviceOfHost } from './routing';
import type { ServiceName, StandIn } from './stand-in';

/** What the front needs of the world; the control endpoint changes the same objects. */
export interface World {
  readonly clock: Clock;
  readonly log: CallLog;
  readonly faults: Faults;
  /** How long each service takes to answer, in milliseconds; 0 when absent. */
  readonly latency: Map<ServiceName, number>;
  readonly standIns: ReadonlyMap<ServiceName, StandIn>;
}

/**
 * Takes a call through classification, latency and faults to its stand-in, and counts it.
 *
 * @param listenerService the service that owns the listening port; a Host that names another service wins
 */
export async function serveCall(
  world: World,
  listenerService: ServiceName,
  request: Request,
): Promise<Outcome> {
  const url = new URL(request.url);
  const service = serviceOfHost(url.hostname) ?? listenerService;
  const standIn = world.standIns.get(service);
  if (!standIn) return { kind: 'answer', response: new Response('No such service', { status: 404 }) };
  const at = world.clock.now().toISOString();
  const { method } = request;
  const { operation, object } = standIn.classify({ method, url });
  const withToken = request.headers.has('authorization');
  const latencyMs = world.latency.get(service) ?? 0;
  if (latencyMs > 0) await sleep(latencyMs);
  const fault = world.faults.take({ service, operation, object, method, withToken });
  const outcome = await performUnder(fault, async () => standIn.handle(request));
  world.log.record({
    service,
    operation,
    object,
    method,
    path: `${url.pathname}${url.search}`,
    status: outcome.kind === 'cut' ? 0 : outcome.response.status,
    clientRequestId: request.headers.get('x-ms-client-request-id') ?? undefined,
    at,
    fault: fault?.id,
  });
  return outcome;
}
