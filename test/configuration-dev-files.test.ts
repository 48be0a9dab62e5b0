import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkAllowed } from '../config/allow-lists';
import { loadConnector } from '../config/connector-files';
import { writeDevFiles, type DevFilesOptions } from '../config/dev-files';
import { loadRuntimeSettings } from '../config/runtime-settings';

describe("the demo's files", () => {
  let root: string;
  let folder: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'ssakv-dev-files-'));
    folder = path.join(root, 'config');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const options = (vaultUrl = 'https://localhost:4431'): DevFilesOptions => ({
    folder,
    standIns: {
      secretServer: { url: 'https://localhost:4432', username: 'ssakv', password: 'demo-password' },
      keyVault: { url: vaultUrl },
      entra: {
        authority: 'https://localhost:4433',
        tenantId: '0c8e9a5e-1c5a-4d53-8f3a-0d5b6d3e2f10',
        clientId: '7ab7862c-4c57-491e-8a45-d52a7e023983',
        certificatePath: '/data/client.pem',
      },
      caFile: '/data/ca.pem',
    },
    ledgerUrl: 'postgres://ssakv@127.0.0.1:5555/ssakv',
    temporal: { address: '127.0.0.1:7233', namespace: 'default', uiUrl: 'http://127.0.0.1:8233' },
    ports: { operators: 8085, metrics: 9464, workerMetrics: 9465 },
    syncIntervalSeconds: 10,
  });

  test('load like any other configuration and allow each other', () => {
    const files = writeDevFiles(options());
    const settings = loadConnector(files.connectorFile);
    const runtime = loadRuntimeSettings(files.settingsFile);
    expect(() => checkAllowed(settings, runtime.allow)).not.toThrow();
    expect(settings).toMatchObject({
      displayName: 'akv-prod-eastus',
      syncMode: 'Bidirectional',
      syncIntervalSeconds: 10,
      externalSecretPrefix: 'ss-prod',
      enginePoolId: 3,
      vault: {
        url: 'https://localhost:4431',
        credential: { kind: 'certificate', path: '/data/client.pem' },
        caFile: '/data/ca.pem',
        cloud: { name: 'custom', instanceDiscovery: false, challengeVerification: false },
      },
      secretServer: { url: 'https://localhost:4432', username: 'ssakv', changesReport: 'ssakv changes' },
      syncRules: [{ folder: 'Production', includeSubfolders: true }],
    });
    expect(settings.templateMaps.find((map) => map.origin === 'file')?.ssTemplate).toBe(
      'Oracle Service Account',
    );
    expect(runtime).toMatchObject({
      development: true,
      poolIds: [3],
      temporal: { uiUrl: 'http://127.0.0.1:8233' },
    });
  });

  test('check the challenge where the vault has a domain', () => {
    const { connectorFile } = writeDevFiles(options('https://demo.vault.localhost:4431'));
    const { cloud } = loadConnector(connectorFile).vault;
    expect(cloud).toMatchObject({ vaultSuffix: 'vault.localhost', challengeVerification: true });
  });

  test('keep the installation key and what a person edited, and follow new addresses', () => {
    const { connectorFile } = writeDevFiles(options());
    const key = readFileSync(path.join(folder, 'credentials', 'installation.key'), 'utf8');
    writeFileSync(path.join(folder, 'akv-throttle.ini'), '[sync_batching]\ndelta_page_size = 7\n');
    writeDevFiles(options('https://localhost:9999'));
    expect(readFileSync(path.join(folder, 'credentials', 'installation.key'), 'utf8')).toBe(key);
    expect(Buffer.from(key, 'base64').length).toBeGreaterThanOrEqual(32);
    expect(loadConnector(connectorFile)).toMatchObject({
      vault: { url: 'https://localhost:9999' },
      throttle: { deltaPageSize: { value: 7 } },
    });
  });

  test('are readable for this user only, and hold no password themselves', () => {
    const { settingsFile, connectorFile } = writeDevFiles(options());
    const servers = path.join(folder, 'secret-servers.yaml');
    for (const file of [settingsFile, connectorFile, servers]) {
      expect(statSync(file).mode & 0o077).toBe(0);
      expect(readFileSync(file, 'utf8')).not.toContain('demo-password');
    }
    expect(statSync(path.join(folder, 'credentials', 'secret-server.txt')).mode & 0o077).toBe(0);
  });

  test('take shorter timings for trials', () => {
    const timings = { requestTimeoutSeconds: 2, pairLeaseSeconds: 4, settleSeconds: 3 };
    expect(loadRuntimeSettings(writeDevFiles({ ...options(), timings }).settingsFile).timings).toEqual(
      timings,
    );
  });
});
