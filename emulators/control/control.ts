import { Hono, type Context } from 'hono';
import { z } from 'zod';
import type { World } from '../frame/front';
import { services } from '../frame/stand-in';
import type { KeyVaultStandIn } from '../key-vault/key-vault';
import type { SecretServerStandIn } from '../secret-server/secret-server';
import { clockSchema, faultSchema, keyVaultSchema, latencySchema, logQuerySchema } from './requests';

/** What the control endpoint watches and changes. */
export interface ControlledWorld extends World {
  readonly keyVault: KeyVaultStandIn;
  readonly secretServer: SecretServerStandIn;
  /** Every stand-in as on a first start. */
  reset(): void;
}

/** The control endpoint as a fetch handler: stats, log, faults, clock, latency, world edits, reset. */
export function createControl(world: ControlledWorld): (request: Request) => Promise<Response> {
  const app = new Hono();
  addObservation(app, world);
  addFaults(app, world);
  addWorldEdits(app, world);
  app.notFound((context) =>
    context.json({ error: `There is no ${context.req.method} ${context.req.path}` }, 404),
  );
  app.onError((error, context) => {
    if (error instanceof z.ZodError) return context.json({ error: z.prettifyError(error) }, 400);
    if (error instanceof SyntaxError) return context.json({ error: 'The body is not JSON' }, 400);
    throw error;
  });
  return async (request) => app.fetch(request);
}

function addObservation(app: Hono, { log }: World): void {
  app.get('/stats', (context) => context.json(log.stats()));
  app.post('/stats/reset', (context) => {
    log.reset();
    return context.body(null, 204);
  });
  app.get('/log', (context) => {
    const { after, limit } = logQuerySchema.parse(context.req.query());
    return context.json(log.after(after, limit));
  });
}

function addFaults(app: Hono, { faults }: World): void {
  const unknown = (context: Context) =>
    context.json({ error: `There is no fault ${context.req.param('id')}` }, 404);
  app.get('/faults', (context) => context.json({ faults: faults.list() }));
  app.post('/faults', async (context) => {
    const fault = faults.add(faultSchema.parse(await context.req.json()));
    return context.json(fault.describe(), 201);
  });
  app.delete('/faults', (context) => {
    faults.clear('proceed');
    return context.body(null, 204);
  });
  app.get('/faults/:id', (context) => {
    const fault = faults.find(context.req.param('id'));
    return fault ? context.json(fault.describe()) : unknown(context);
  });
  app.delete('/faults/:id', (context) =>
    faults.remove(context.req.param('id')) ? context.body(null, 204) : unknown(context),
  );
  app.post('/faults/:id/release', (context) => {
    const fault = faults.find(context.req.param('id'));
    return fault ? context.json({ released: fault.release('proceed') }) : unknown(context);
  });
}

function addWorldEdits(app: Hono, world: ControlledWorld): void {
  const { clock, latency, faults, log, keyVault, secretServer } = world;
  app.post('/clock', async (context) => {
    clock.setOffset(clockSchema.parse(await context.req.json()).offsetSeconds);
    return context.json({ offsetSeconds: clock.offsetSeconds, now: clock.now().toISOString() });
  });
  app.post('/latency', async (context) => {
    const wanted = latencySchema.parse(await context.req.json());
    for (const service of services) latency.set(service, wanted[service] ?? latency.get(service) ?? 0);
    return context.json(Object.fromEntries(latency));
  });
  app.post('/key-vault', async (context) => {
    keyVault.pageShape = keyVaultSchema.parse(await context.req.json()).pages;
    return context.json({ pages: keyVault.pageShape });
  });
  app.get('/secret-server', (context) => context.json(secretServer.exportWorld()));
  app.post('/secret-server', async (context) =>
    context.json(secretServer.applyWorldEdit(await context.req.json())),
  );
  app.post('/reset', (context) => {
    faults.clear('cut');
    clock.setOffset(0);
    latency.clear();
    world.reset();
    log.reset();
    return context.body(null, 204);
  });
}
