import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent as HttpsAgent } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import { promisify } from 'node:util';
import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { withCallCounts } from '../adapters/http/call-counts';
import { withCorrelationId } from '../adapters/http/correlation';
import { retryAfterMs } from '../adapters/http/retry-after';
import { listExternalSecrets, readNewest } from '../adapters/key-vault/secrets/reader';
import { anyToken, challenged, odd, vaultOn } from './support/adapter-settings';
import { openKeyVaultSecrets } from '../adapters/key-vault/secrets/client';
import { startOddServer, startTunnelProxy, type OddServer } from './support/odd-server';

const bundle = (url: string) => ({
  id: `${url}/secrets/one/0123456789abcdef0123456789abcdef`,
  value: 'v',
  attributes: { enabled: true, created: 1, updated: 2 },
});

describe('the transport of the adapters', () => {
  let server: OddServer;
  beforeAll(async () => void (server = await startOddServer()));
  afterAll(async () => server.stop());

  it('trusts the extra certificate authority, and does not trust the server without it', async () => {
    server.script(challenged(() => ({ status: 200, body: bundle(server.url) })));
    await expect(readNewest(odd(server), 'one')).resolves.toMatchObject({ kind: 'present' });
    const { caFile: _, ...without } = vaultOn(server.url, server.caFile);
    const stranger = openKeyVaultSecrets(without, anyToken, { requestTimeoutMs: 5_000 });
    await expect(readNewest(stranger, 'one')).rejects.toMatchObject({
      code: 'KeyVaultUntrusted',
      retryable: false,
    });
  });

  it('checks certificates also where the environment tells Node not to', async () => {
    // A process of its own: jest's `process.env` is a copy that Node's TLS never looks at.
    const transport = path.resolve(__dirname, '../dist/adapters/http/transport.js');
    const program = `
      const { createPipelineRequest } = require('@azure/core-rest-pipeline');
      const { openTransport } = require(${JSON.stringify(transport)});
      openTransport({}).sendRequest(createPipelineRequest({ url: ${JSON.stringify(server.url)} }))
        .then(() => console.log('trusted'), ({ code }) => console.log(code));`;
    const env = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], { env });
    expect(stdout.trim()).toMatch(/SELF_SIGNED|UNABLE_TO_/);
  });

  it('adds the extra authority to the built-in roots instead of replacing them', () => {
    const request = createPipelineRequest({ url: 'https://localhost:1/' });
    void odd(server)
      .transport.sendRequest(request)
      .catch(() => undefined);
    const trusted = request.agent instanceof HttpsAgent ? request.agent.options.ca : undefined;
    const held = new Set(Array.isArray(trusted) ? trusted : []);
    const wanted = [...rootCertificates, readFileSync(server.caFile, 'utf8')];
    expect(wanted.filter((certificate) => !held.has(certificate))).toHaveLength(0);
  });

  it.each(['no certificate at all', ''])('names the file when it holds %j', (content) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'ssakv-ca-'));
    const caFile = path.join(directory, 'ca.pem');
    writeFileSync(caFile, content);
    expect(() => odd(server, { vault: { caFile } })).toThrow(
      expect.objectContaining({ code: 'ExtraCaUnreadable', message: expect.stringContaining(caFile) }),
    );
    rmSync(directory, { recursive: true });
  });

  it("goes through the endpoint's own proxy and still trusts its own authority", async () => {
    const proxy = await startTunnelProxy();
    server.script(challenged(() => ({ status: 200, body: bundle(server.url) })));
    const through = odd(server, { vault: { proxy: proxy.url } });
    await expect(readNewest(through, 'one')).resolves.toMatchObject({ kind: 'present' });
    expect(proxy.tunnels).toContain(new URL(server.url).host);
    await proxy.stop();
  });

  it('names an unreachable proxy as unreachable', async () => {
    const through = odd(server, { vault: { proxy: 'http://127.0.0.1:1' } });
    await expect(readNewest(through, 'one')).rejects.toMatchObject({ code: 'KeyVaultUnreachable' });
  });

  it('names a proxy that lets nobody through as unreachable', async () => {
    const proxy = await startTunnelProxy('407 Proxy Authentication Required');
    const through = odd(server, { vault: { proxy: proxy.url } });
    await expect(readNewest(through, 'one')).rejects.toMatchObject({ code: 'KeyVaultUnreachable' });
    await proxy.stop();
  });

  it('puts the correlation id on the challenge probe, on the call and on every page', async () => {
    const id = randomUUID();
    server.script(
      challenged((request) => ({
        status: 200,
        body: { value: [], nextLink: request.url.includes('page2') ? null : `${server.url}/secrets?page2=1` },
      })),
    );
    await withCorrelationId(id, async () => {
      for await (const _ of listExternalSecrets(odd(server), 25));
    });
    expect(server.requests.map((request) => request.headers['x-ms-client-request-id'])).toEqual([id, id, id]);
  });

  it('keeps the correlation ids of concurrent work apart', async () => {
    server.script(challenged(() => ({ status: 404, body: {} })));
    const connection = odd(server);
    await readNewest(connection, 'warm');
    const ids = Array.from({ length: 5 }, () => randomUUID());
    await Promise.all(ids.map((id) => withCorrelationId(id, () => readNewest(connection, `n-${id}`))));
    const seen = server.requests
      .slice(2)
      .map((request) => `${request.url.slice(11, 47)} ${String(request.headers['x-ms-client-request-id'])}`);
    expect(new Set(seen)).toEqual(new Set(ids.map((id) => `${id} ${id}`)));
  });

  it('counts each call by side and operation, in every count that is open', async () => {
    server.script(challenged(() => ({ status: 404, body: {} })));
    const connection = odd(server);
    const outer = await withCallCounts(async () => {
      await readNewest(connection, 'one');
      return withCallCounts(() => readNewest(connection, 'two'));
    });
    expect(outer.calls).toEqual({ 'keyVault.challenge': 1, 'keyVault.get': 2 });
    expect(outer.result.calls).toEqual({ 'keyVault.get': 1 });
  });

  it('repeats nothing and follows no redirect', async () => {
    server.script(challenged(() => ({ status: 503, headers: { 'retry-after': '0' } })));
    await expect(readNewest(odd(server), 'one')).rejects.toMatchObject({ code: 'KeyVaultUnavailable' });
    expect(server.requests).toHaveLength(2);
    server.script(challenged(() => ({ status: 307, headers: { location: `${server.url}/elsewhere` } })));
    await expect(readNewest(odd(server), 'one')).rejects.toMatchObject({ code: 'KeyVaultRequestRefused' });
    expect(server.requests).toHaveLength(2);
  });

  it('reads the wait that an answer asks for in each of its forms', () => {
    expect(retryAfterMs(createHttpHeaders({}))).toBeUndefined();
    expect(retryAfterMs(createHttpHeaders({ 'retry-after': '7' }))).toBe(7000);
    expect(retryAfterMs(createHttpHeaders({ 'retry-after-ms': '250', 'retry-after': '7' }))).toBe(250);
    expect(retryAfterMs(createHttpHeaders({ 'retry-after': 'soon' }))).toBeUndefined();
    expect(
      retryAfterMs(createHttpHeaders({ 'retry-after': new Date(Date.now() + 60_000).toUTCString() })),
    ).toBeGreaterThan(50_000);
    expect(retryAfterMs(createHttpHeaders({ 'retry-after': new Date(0).toUTCString() }))).toBe(0);
  });
});
