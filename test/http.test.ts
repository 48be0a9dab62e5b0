import { operatorsApplication } from '../client/http/application';
import { connectorMetrics } from '../client/http/connector-metrics';
import { openLedger } from '../ledger/database';
import { listen } from '../workers/telemetry/listener';

const unreachable = 'postgres://ssakv@127.0.0.1:9/ssakv';

test('readyz names the check that fails by its code, and healthz stays well', async () => {
  const application = operatorsApplication([
    { name: 'ledger', check: () => Promise.resolve('LedgerUnavailable') },
    { name: 'temporal', check: () => Promise.resolve(undefined) },
  ]);
  const ready = await application.request('/readyz');
  expect(ready.status).toBe(503);
  expect(await ready.json()).toEqual({
    status: 'notReady',
    checks: { ledger: 'LedgerUnavailable', temporal: 'ok' },
  });
  expect((await application.request('/healthz')).status).toBe(200);
});

test('many probes at once ask once', async () => {
  let asked = 0;
  const application = operatorsApplication([
    {
      name: 'ledger',
      check: async () => {
        asked += 1;
        return undefined;
      },
    },
  ]);
  await Promise.all(Array.from({ length: 20 }, async () => application.request('/readyz')));
  expect(asked).toBe(1);
});

test('metrics say that the ledger does not answer instead of failing', async () => {
  const ledger = openLedger({ url: unreachable });
  expect(await connectorMetrics(ledger.db).read()).toMatch(/^ssakv_ledger_up 0$/m);
  await ledger.close();
});

test('an address that is taken is a plain error that names the setting', async () => {
  const application = operatorsApplication([]);
  const first = await listen(application, { host: '127.0.0.1', port: 0 }, 'operators');
  const { port } = new URL(first.url);
  await expect(
    listen(application, { host: '127.0.0.1', port: Number(port) }, 'operators'),
  ).rejects.toMatchObject({
    code: 'PortInUse',
    message: expect.stringContaining(`127.0.0.1:${port} (\`listeners.operators\` in ssakv.yaml)`),
  });
  await first.close();
});
