import { checkAllowed } from '../config/allow-lists';
import {
  connectorOf,
  connectorText,
  refusalOf,
  runtimeOf,
  runtimeText,
  serversText,
} from './support/configuration-texts';

const base = {
  installation: 'installation: { id: prod-1, key: { file: k } }',
  ledger: 'ledger: { url: "postgres://ssakv@db.example.com/ssakv" }',
  temporal: 'temporal: { address: "temporal.example.com:7233" }',
};
const withBlock = (changes: Partial<typeof base>, more = ''): string =>
  [...Object.values({ ...base, ...changes }), more].join('\n');

describe('ssakv.yaml', () => {
  test('has defaults for everything but installation, ledger and Temporal', () => {
    expect(runtimeOf(runtimeText)).toEqual({
      development: false,
      installation: { id: 'prod-1', key: { kind: 'file', path: 'credentials/installation.key' } },
      ledger: { url: 'postgres://ssakv@db.example.com/ssakv', maxConnections: 10 },
      temporal: { address: 'temporal.example.com:7233', namespace: 'default' },
      allow: { vaults: [], folders: [], credentials: [] },
      listeners: {
        operators: { host: '127.0.0.1', port: 8085 },
        metrics: { host: '127.0.0.1', port: 9464 },
        workerMetrics: { host: '127.0.0.1', port: 9465 },
      },
      timings: { requestTimeoutSeconds: 20, pairLeaseSeconds: 60, settleSeconds: 80 },
      poolIds: [],
      logLevel: 'info',
      baseDirectory: '/etc/ssakv',
    });
  });

  test('takes TLS, an API key and the link to the Web UI', () => {
    const temporal = `temporal:
  address: "ns.tmprl.cloud:7233"
  namespace: ns.acct
  tls: { ca_file: ca.pem, cert_file: c.pem, key_file: /k.pem, server_name: ns.tmprl.cloud }
  api_key: { env: TEMPORAL_KEY }
  ui_url: https://cloud.temporal.io/`;
    expect(runtimeOf(withBlock({ temporal })).temporal).toEqual({
      address: 'ns.tmprl.cloud:7233',
      namespace: 'ns.acct',
      tls: {
        caFile: '/etc/ssakv/ca.pem',
        certFile: '/etc/ssakv/c.pem',
        keyFile: '/k.pem',
        serverName: 'ns.tmprl.cloud',
      },
      apiKey: { kind: 'env', name: 'TEMPORAL_KEY' },
      uiUrl: 'https://cloud.temporal.io',
    });
  });

  test('lengthens lease and settling with the request timeout', () => {
    const { timings } = runtimeOf(`${runtimeText}timings: { request_timeout_seconds: 30 }`);
    expect(timings).toEqual({ requestTimeoutSeconds: 30, pairLeaseSeconds: 90, settleSeconds: 110 });
  });

  test('lets a trial on this machine be quicker', () => {
    const temporal = 'temporal: { address: "127.0.0.1:7233" }';
    const more =
      'development: true\ntimings: { request_timeout_seconds: 1, pair_lease_seconds: 2, settle_seconds: 1.5 }';
    expect(runtimeOf(withBlock({ temporal }, more)).timings).toEqual({
      requestTimeoutSeconds: 1,
      pairLeaseSeconds: 2,
      settleSeconds: 1.5,
    });
  });

  test.each<[string, string, string, string[]]>([
    [
      'an unknown key',
      `${runtimeText}poolids: [1]`,
      'ConfigurationInvalid',
      ['ssakv.yaml:4', '`poolids`', '`pool_ids`'],
    ],
    ['no ledger', withBlock({ ledger: '' }), 'ConfigurationInvalid', ['ledger: found nothing']],
    [
      'a bad installation id',
      withBlock({ installation: 'installation: { id: prod_1, key: { file: k } }' }),
      'ConfigurationInvalid',
      ['"prod_1"', '1 to 36'],
    ],
    [
      'a literal key',
      withBlock({ installation: 'installation: { id: p, key: Hunter2 }' }),
      'LiteralSecretRefused',
      ['installation.key'],
    ],
    [
      'a key by identity',
      withBlock({ installation: 'installation: { id: p, key: { managedIdentity: {} } }' }),
      'ConfigurationInvalid',
      ['`managedIdentity`', 'file, env'],
    ],
    [
      'a password in the URL',
      withBlock({ ledger: 'ledger: { url: "postgres://u:Hunter2@db/ssakv" }' }),
      'LiteralSecretRefused',
      ['ledger.url'],
    ],
    [
      'a password in the query',
      withBlock({ ledger: 'ledger: { url: "postgres://u@db/ssakv?password=Hunter2" }' }),
      'LiteralSecretRefused',
      ['ledger.url'],
    ],
    [
      'a literal password',
      withBlock({ ledger: 'ledger: { url: "postgres://u@db/ssakv", password: Hunter2 }' }),
      'LiteralSecretRefused',
      ['ledger.password'],
    ],
    [
      'another database',
      withBlock({ ledger: 'ledger: { url: "mysql://db/ssakv" }' }),
      'ConfigurationInvalid',
      ['postgres://'],
    ],
    [
      'no database name',
      withBlock({ ledger: 'ledger: { url: "postgres://db" }' }),
      'ConfigurationInvalid',
      ['postgres://'],
    ],
    [
      'an address without port',
      withBlock({ temporal: 'temporal: { address: temporal }' }),
      'ConfigurationInvalid',
      ['temporal.address', '<host>:<port>'],
    ],
    [
      'an API key in the clear',
      withBlock({ temporal: 'temporal: { address: "t:1", api_key: { env: K } }' }),
      'ConfigurationInvalid',
      ['temporal.api_key', 'tls: {}'],
    ],
    [
      'half a client certificate',
      withBlock({ temporal: 'temporal: { address: "t:1", tls: { cert_file: c } }' }),
      'ConfigurationInvalid',
      ['temporal.tls', 'together'],
    ],
    [
      'a Web UI over http',
      withBlock({ temporal: 'temporal: { address: "t:1", ui_url: "http://t.example" }' }),
      'PlainHttpRefused',
      ['temporal.ui_url'],
    ],
    [
      'a short request',
      `${runtimeText}timings: { request_timeout_seconds: 5 }`,
      'ConfigurationInvalid',
      ['found 5', 'at least 20'],
    ],
    [
      'a short lease',
      `${runtimeText}timings: { pair_lease_seconds: 30 }`,
      'ConfigurationInvalid',
      ['found 30', 'at least 60'],
    ],
    [
      'a lease within the request',
      `${runtimeText}timings: { request_timeout_seconds: 90, pair_lease_seconds: 90 }`,
      'ConfigurationInvalid',
      ['more than request_timeout_seconds'],
    ],
    [
      'a short settling',
      `${runtimeText}timings: { settle_seconds: 60 }`,
      'ConfigurationInvalid',
      ['found 60', 'at least 80'],
    ],
    [
      'a settling that ends before the lease',
      `${runtimeText}timings: { pair_lease_seconds: 600, settle_seconds: 80 }`,
      'ConfigurationInvalid',
      ['found 80', 'at least 620'],
    ],
    [
      'trial timings for real',
      `development: true\n${runtimeText}`,
      'ConfigurationInvalid',
      ['development', 'loopback'],
    ],
    [
      'a port taken twice',
      `${runtimeText}listeners: { operators: { port: 9464 } }`,
      'ConfigurationInvalid',
      ['listeners.metrics.port'],
    ],
    [
      'a port out of range',
      `${runtimeText}listeners: { operators: { port: 65536 } }`,
      'ConfigurationInvalid',
      ['listeners.operators.port', '65535'],
    ],
    [
      'a vault over http',
      `${runtimeText}allow: { vaults: ["http://v.example"] }`,
      'ConfigurationInvalid',
      ['allow.vaults[0]', 'https://'],
    ],
    [
      'a folder with backslash',
      `${runtimeText}allow: { folders: ['A\\B'] }`,
      'ConfigurationInvalid',
      ['allow.folders[0]', 'forward slashes'],
    ],
    [
      'a credential of no kind',
      `${runtimeText}allow: { credentials: [Hunter2] }`,
      'ConfigurationInvalid',
      ['allow.credentials[0]', 'file:<path>'],
    ],
    ['a pool of no number', `${runtimeText}pool_ids: [east]`, 'ConfigurationInvalid', ['pool_ids[0]']],
    ['a loud level', `${runtimeText}log_level: trace`, 'ConfigurationInvalid', ['debug, info, warn, error']],
    ['no object', '- a', 'ConfigurationInvalid', ['a list of 1']],
    ['nothing', '', 'ConfigurationInvalid', ['ssakv.yaml']],
  ])('with %s is refused', (_what, text, code, parts) => {
    const error = refusalOf(() => runtimeOf(text));
    expect(error.code).toBe(code);
    for (const part of ['ssakv.yaml', ...parts]) expect(error.message).toContain(part);
    expect(error.message).not.toContain('Hunter2');
  });
});

describe('secret-servers.yaml', () => {
  const server = (more: string): string => `${serversText}    ${more}\n`;

  test('takes a client id instead of an account name', () => {
    const servers = `secret_servers:
  - name: main
    url: http://127.0.0.1:8080/SecretServer/
    auth_method: client_credentials
    client_id: sdk-client-1
    credential: { env: SS_SECRET }
    least_version: "11.7.61"
    changes_report: ssakv changes
    proxy: http://proxy.example.com:3128
    ca_file: ca.pem
`;
    expect(connectorOf({ servers }).secretServer).toEqual({
      name: 'main',
      url: 'http://127.0.0.1:8080/SecretServer',
      authMethod: 'clientCredentials',
      username: 'sdk-client-1',
      credential: { kind: 'env', name: 'SS_SECRET' },
      leastVersion: '11.7.61',
      changesReport: 'ssakv changes',
      proxy: 'http://proxy.example.com:3128',
      caFile: '/etc/ssakv/ca.pem',
    });
  });

  test.each<[string, string, string, string[]]>([
    ['no server', 'secret_servers: []', 'ConfigurationInvalid', ['a list of 0']],
    [
      'plain http',
      serversText.replace('https', 'http'),
      'PlainHttpRefused',
      ['secret_servers[0].url', 'vault.example.com'],
    ],
    [
      'credentials in the URL',
      serversText.replace('https://', 'https://u:Hunter2@'),
      'LiteralSecretRefused',
      ['secret_servers[0].url'],
    ],
    ['a password', server('password: Hunter2'), 'LiteralSecretRefused', ['password']],
    [
      'a credential that it would keep itself',
      serversText.replace('{ file: credentials/secret-server.txt }', '{ secretServerSecret: 5 }'),
      'ConfigurationInvalid',
      ['`secretServerSecret`', 'file, env'],
    ],
    [
      'an account and a client id',
      server('client_id: x'),
      'ConfigurationInvalid',
      ['client_id', 'auth_method password'],
    ],
    [
      'no account',
      serversText.replace('    username: svc\n', ''),
      'ConfigurationInvalid',
      ['username', 'found nothing'],
    ],
    [
      'a number as version',
      server('least_version: 11.2'),
      'ConfigurationInvalid',
      ['found 11.2', 'quoted version'],
    ],
    [
      'an old version',
      server('least_version: "10.9"'),
      'ConfigurationInvalid',
      ['"10.9"', '"11.2" or newer'],
    ],
    ['a key of another version', server('key_management: {}'), 'OptionNotSupportedYet', ['`key_management`']],
    [
      'a name twice',
      serversText + serversText.replace('secret_servers:\n', ''),
      'ConfigurationInvalid',
      ['secret_servers[1].name', 'no other server'],
    ],
  ])('with %s is refused', (_what, servers, code, parts) => {
    const error = refusalOf(() => connectorOf({ servers }));
    expect(error.code).toBe(code);
    for (const part of ['secret-servers.yaml', ...parts]) expect(error.message).toContain(part);
    expect(error.message).not.toContain('Hunter2');
  });
});

describe('the allow-lists', () => {
  const maps = 'sync_rules: [{ folder: Production/Oracle }, { folder: Staging }]';
  const settings = connectorOf({ maps });
  const allow = {
    vaults: ['https://my-vault.vault.azure.net'],
    folders: ['production', 'Staging'],
    credentials: ['certificate:./credentials/akv-prod-eastus.pem', 'file:credentials/secret-server.txt'],
  };

  test('let a connector pass that names only what they name', () => {
    expect(() => checkAllowed(settings, allow)).not.toThrow();
    expect(() => checkAllowed(settings, { ...allow, folders: ['*'] })).not.toThrow();
  });

  test.each([
    [
      'vaults',
      { vaults: ['https://other.vault.azure.net'] },
      'allow.vaults: "https://my-vault.vault.azure.net"',
    ],
    ['folders', { folders: ['Production'] }, 'allow.folders: "Staging"'],
    ['folders', { folders: ['Prod', 'Staging'] }, 'allow.folders: "Production/Oracle"'],
    ['credentials', { credentials: [] }, 'allow.credentials: "certificate:credentials/akv-prod-eastus.pem"'],
    [
      'credentials',
      { credentials: allow.credentials.slice(0, 1) },
      'allow.credentials: "file:credentials/secret-server.txt"',
    ],
  ])('refuse what is missing in %s and name the line', (_which, changes, line) => {
    const error = refusalOf(() => checkAllowed(settings, { ...allow, ...changes }));
    expect(error.code).toBe('NotAllowed');
    expect(error.message).toContain(line);
  });

  test.each([
    [{ managedIdentity: {} }, 'managedIdentity', 'ManagedIdentity'],
    [undefined, 'managedIdentity:7AB7862C-4c57-491e-8a45-d52a7e023983', 'ManagedIdentity'],
    [undefined, 'workloadIdentity', 'WorkloadIdentity'],
    [{ env: 'A' }, 'env:A', 'ClientSecret'],
    [{ secretServerSecret: 7 }, 'secretServerSecret:7', 'ClientSecret'],
  ])('name the credential %j as %s', (credential, text, authMethod) => {
    const other = connectorOf({ connector: connectorText({ authMethod, credential }) });
    const credentials = [text, 'file:credentials/secret-server.txt'];
    expect(() => checkAllowed(other, { ...allow, credentials })).not.toThrow();
    expect(refusalOf(() => checkAllowed(other, { ...allow, credentials: credentials.slice(1) })).code).toBe(
      'NotAllowed',
    );
  });
});
