/**
 * What others do, as a process of its own whose memory can be measured: the official Key Vault client in a loop.
 * `bare` reads a secret and sets it. `compare` reads all values of both sides at each refresh and sets what differs.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { ClientSecretCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';

export interface PeerTask {
  readonly way: 'bare' | 'compare';
  readonly secretIds: readonly number[];
  readonly atOnce: number;
  readonly vaultUrl: string;
  readonly secretServer: { readonly url: string; readonly username: string; readonly password: string };
  readonly entra: Readonly<Record<'authority' | 'tenantId' | 'clientId' | 'clientSecret', string>>;
  readonly caFile: string;
}

export interface PeerResult {
  readonly durationMs: number;
  readonly peakMegabytes: number;
}

const task = JSON.parse(readFileSync(0, 'utf8')) as PeerTask;
const ca = readFileSync(task.caFile, 'utf8');
const agent = new Agent({ keepAlive: true, ca });

function call(method: string, path: string, headers: Record<string, string>, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(`${task.secretServer.url}${path}`, { method, headers, agent }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.once('end', () =>
        answer.statusCode === 200
          ? resolve(text)
          : reject(new Error(`${path} was answered ${answer.statusCode}`)),
      );
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

async function secretServerToken(): Promise<string> {
  const { username, password } = task.secretServer;
  const form = String(new URLSearchParams({ grant_type: 'password', username, password }));
  const answer = await call(
    'POST',
    '/oauth2/token',
    { 'content-type': 'application/x-www-form-urlencoded' },
    form,
  );
  return (JSON.parse(answer) as { access_token: string }).access_token;
}

interface Item {
  readonly slug: string;
  readonly itemValue: string;
}

async function valueOf(token: string, secretId: number): Promise<string> {
  const path = `/api/v1/secrets/${secretId}?noAutoCheckout=true`;
  const { items } = JSON.parse(await call('GET', path, { authorization: `Bearer ${token}` })) as {
    items: Item[];
  };
  const mapped = items.filter(({ slug }) => ['url', 'username', 'password'].includes(slug));
  return JSON.stringify(Object.fromEntries(mapped.map(({ slug, itemValue }) => [slug, itemValue])));
}

function openVault(): SecretClient {
  const { authority, tenantId, clientId, clientSecret } = task.entra;
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
    authorityHost: authority,
    disableInstanceDiscovery: true,
    tlsOptions: { ca },
  });
  return new SecretClient(task.vaultUrl, credential, {
    disableChallengeResourceVerification: true,
    tlsOptions: { ca },
  });
}

async function push(vault: SecretClient, token: string, secretId: number): Promise<void> {
  const name = `peer-${secretId}`;
  const [value, held] = await Promise.all([
    valueOf(token, secretId),
    task.way === 'compare' ? vault.getSecret(name).catch(() => undefined) : undefined,
  ]);
  if (held?.value !== value) await vault.setSecret(name, value);
}

async function main(): Promise<void> {
  const startedAt = performance.now();
  const vault = openVault();
  const token = await secretServerToken();
  const queue = [...task.secretIds];
  const lane = async (): Promise<void> => {
    for (let secretId = queue.pop(); secretId !== undefined; secretId = queue.pop()) {
      await push(vault, token, secretId);
    }
  };
  await Promise.all(Array.from({ length: task.atOnce }, lane));
  const result: PeerResult = {
    durationMs: performance.now() - startedAt,
    // Linux counts kilobytes: https://nodejs.org/api/process.html#processresourceusage.
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
  };
  process.stdout.write(JSON.stringify(result));
  agent.destroy();
}

void main();
