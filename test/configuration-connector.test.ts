import { connectorOf, connectorText, refusalOf, serversText } from './support/configuration-texts';

const guideText = `{
"connectorType": "AzureKeyVault",
"displayName": "akv-prod-eastus",
"tenantId": "72f988bf-86f1-41af-91ab-2d7cd011db47",
"clientId": "7ab7862c-4c57-491e-8a45-d52a7e023983",
"keyVaultUrl": "https://my-vault.vault.azure.net",
"authMethod": "Certificate", // Certificate | ManagedIdentity
"syncMode": "Bidirectional", // Bidirectional | PushOnly | PullOnly
"syncIntervalSeconds": 300,
"deltaSync": true,
"externalSecretPrefix": "ss-prod",
"autoTagExternalSecrets": true,
"conflictResolution": "SecretServerWins", // SecretServerWins | AzureWins | Manual
"enginePoolId": 3
}`;

const minimal = `{
  "displayName": "a",
  "tenantId": "contoso.onmicrosoft.com",
  "clientId": "7ab7862c-4c57-491e-8a45-d52a7e023983",
  "keyVaultUrl": "https://my-vault.vault.azure.net/",
  "externalSecretPrefix": "ss",
}`;

const customCloud = {
  authority: 'https://localhost:8443',
  vaultSuffix: 'localhost',
  hsmSuffix: 'localhost',
  resourceManager: 'https://localhost:8444',
};

describe('the connector JSON', () => {
  test("takes the guide's form with its comments, and gives every member its value", () => {
    expect(connectorOf({ connector: guideText })).toMatchObject({
      displayName: 'akv-prod-eastus',
      vault: {
        url: 'https://my-vault.vault.azure.net',
        tenantId: '72f988bf-86f1-41af-91ab-2d7cd011db47',
        clientId: '7ab7862c-4c57-491e-8a45-d52a7e023983',
        authMethod: 'Certificate',
        credential: { kind: 'certificate', path: 'credentials/akv-prod-eastus.pem' },
        cloud: {
          name: 'public',
          authority: 'https://login.microsoftonline.com',
          challengeVerification: true,
        },
      },
      syncMode: 'Bidirectional',
      syncIntervalSeconds: 300,
      deltaSync: true,
      externalSecretPrefix: 'ss-prod',
      autoTagExternalSecrets: true,
      conflictResolution: 'SecretServerWins',
      enginePoolId: 3,
    });
  });

  test('fills in defaults for everything that can have one', () => {
    const settings = connectorOf({ connector: minimal });
    expect(settings).toMatchObject({
      vault: { url: 'https://my-vault.vault.azure.net', authMethod: 'Certificate' },
      secretServer: { name: 'main', leastVersion: '11.2', authMethod: 'password' },
      syncMode: 'Bidirectional',
      syncIntervalSeconds: 300,
      deltaSync: true,
      autoTagExternalSecrets: true,
      conflictResolution: 'SecretServerWins',
      fullReconcileSeconds: 86_400,
      tagRefresh: 'drift',
      syncRules: [],
    });
    expect(settings).not.toHaveProperty('enginePoolId');
    expect(settings.vault).not.toHaveProperty('proxy');
  });

  test('takes the optional additions', () => {
    const settings = connectorOf({
      connector: connectorText({
        secretServer: 'main',
        cloud: 'usGovernment',
        keyVaultUrl: 'https://my-vault.vault.usgovcloudapi.net',
        authMethod: 'ClientSecret',
        credential: { env: 'AZURE_SECRET' },
        fullReconcileSeconds: 3600,
        tagRefresh: 'always',
        proxy: 'http://proxy.example.com:3128',
        caFile: 'ca.pem',
      }),
    });
    expect(settings).toMatchObject({
      vault: {
        cloud: { name: 'usGovernment', vaultSuffix: 'vault.usgovcloudapi.net' },
        credential: { kind: 'env', name: 'AZURE_SECRET' },
        proxy: 'http://proxy.example.com:3128',
        caFile: '/etc/ssakv/ca.pem',
      },
      fullReconcileSeconds: 3600,
      tagRefresh: 'always',
    });
  });

  test.each([
    [
      'ManagedIdentity',
      undefined,
      { kind: 'managedIdentity', clientId: '7ab7862c-4c57-491e-8a45-d52a7e023983' },
    ],
    ['ManagedIdentity', { managedIdentity: {} }, { kind: 'managedIdentity' }],
    ['WorkloadIdentity', undefined, { kind: 'workloadIdentity' }],
    ['Certificate', { certificate: { path: 'a.pem' } }, { kind: 'certificate', path: 'a.pem' }],
    ['ClientSecret', { file: 'a.txt' }, { kind: 'file', path: 'a.txt' }],
    ['ClientSecret', { secretServerSecret: 12 }, { kind: 'secretServerSecret', secretId: 12 }],
  ])('signs in by %s with the credential %j', (authMethod, credential, expected) => {
    const { vault } = connectorOf({ connector: connectorText({ authMethod, credential }) });
    expect(vault.credential).toEqual(expected);
  });

  test.each([
    ['china', 'https://my-vault.vault.azure.cn'],
    ['public', 'https://my-vault.vault.azure.net'],
    [customCloud, 'https://localhost:9443'],
    [{ ...customCloud, vaultSuffix: 'vault.localhost' }, 'https://demo.vault.localhost:9443'],
  ])('takes a vault of the cloud %j', (cloud, keyVaultUrl) => {
    expect(connectorOf({ connector: connectorText({ cloud, keyVaultUrl }) }).vault.url).toBe(keyVaultUrl);
  });

  test('lets Azure win by default when nothing but pulling is asked for', () => {
    const connector = connectorText({ syncMode: 'PullOnly', conflictResolution: undefined });
    expect(connectorOf({ connector }).conflictResolution).toBe('AzureWins');
  });

  test('turns tags off only when nothing is ever pulled', () => {
    const connector = connectorText({ syncMode: 'PushOnly', autoTagExternalSecrets: false });
    expect(connectorOf({ connector }).autoTagExternalSecrets).toBe(false);
  });

  test('gives settings that nobody can change afterwards', () => {
    const settings = connectorOf({});
    expect(Object.isFrozen(settings.vault.cloud)).toBe(true);
    expect(Object.isFrozen(settings.templateMaps[0]?.fieldMap[0])).toBe(true);
  });
});

describe('a wrong connector JSON', () => {
  test.each<[string, Record<string, unknown>, string, string[]]>([
    ['an unknown key', { synMode: 'PushOnly' }, 'ConfigurationInvalid', ['`synMode`', '`syncMode`']],
    ['a key of another version', { pullSensitive: true }, 'OptionNotSupportedYet', ['`pullSensitive`']],
    ['a key of another version', { caps: {} }, 'OptionNotSupportedYet', ['`caps`']],
    ['a key of another version', { initialMode: 'push' }, 'OptionNotSupportedYet', ['`initialMode`']],
    ['a key of another version', { untaggedVersion: 'hold' }, 'OptionNotSupportedYet', ['`untaggedVersion`']],
    [
      'a missing key',
      { externalSecretPrefix: undefined },
      'ConfigurationInvalid',
      ['externalSecretPrefix: found nothing', '"ss-prod"'],
    ],
    [
      'a wrong type',
      { syncIntervalSeconds: '300' },
      'ConfigurationInvalid',
      ['syncIntervalSeconds', 'a text of 3', 'whole number', 'for example 300'],
    ],
    [
      'a number out of range',
      { syncIntervalSeconds: 0 },
      'ConfigurationInvalid',
      ['found 0', 'from 1 to 86400'],
    ],
    ['a fraction', { enginePoolId: 1.5 }, 'ConfigurationInvalid', ['found 1.5', 'whole number']],
    [
      'a misspelt choice',
      { syncMode: 'Bidirectonal' },
      'ConfigurationInvalid',
      ['"Bidirectonal"', 'Bidirectional, PushOnly, PullOnly'],
    ],
    [
      'another connector',
      { connectorType: 'AwsSecretsManager' },
      'ConfigurationInvalid',
      ['connectorType', 'AzureKeyVault'],
    ],
    [
      'a bad display name',
      { displayName: 'akv_prod' },
      'ConfigurationInvalid',
      ['displayName: found "akv_prod"', '"akv-prod-eastus"'],
    ],
    ['a display name of 64', { displayName: 'a'.repeat(64) }, 'ConfigurationInvalid', ['1 to 63']],
    [
      'the placeholder',
      { tenantId: '<AZURE_TENANT_ID>' },
      'ConfigurationInvalid',
      ['"<AZURE_TENANT_ID>"', 'placeholder'],
    ],
    [
      'the placeholder',
      { clientId: '<APP_CLIENT_ID>' },
      'ConfigurationInvalid',
      ['"<APP_CLIENT_ID>"', 'placeholder'],
    ],
    [
      'a prefix with a slash',
      { externalSecretPrefix: 'ss/prod' },
      'ConfigurationInvalid',
      ['"ss/prod"', 'letters, digits and dashes'],
    ],
    [
      'a prefix without room',
      { externalSecretPrefix: 'a'.repeat(101) },
      'ConfigurationInvalid',
      ['at most 100'],
    ],
    [
      'plain http',
      { keyVaultUrl: 'http://my-vault.vault.azure.net' },
      'PlainHttpRefused',
      ['keyVaultUrl', 'https://'],
    ],
    [
      'plain http on loopback',
      { keyVaultUrl: 'http://localhost:1', cloud: customCloud },
      'PlainHttpRefused',
      ['https://'],
    ],
    [
      'the vault of another cloud',
      { keyVaultUrl: 'https://my-vault.vault.azure.cn' },
      'VaultUrlDoesNotFitCloud',
      ['vault.azure.cn', 'cloud public', '.vault.azure.net'],
    ],
    [
      'a look-alike',
      { keyVaultUrl: 'https://my-vault.vault.azure.net.evil.example' },
      'VaultUrlDoesNotFitCloud',
      ['evil.example'],
    ],
    [
      'a vault on loopback',
      { keyVaultUrl: 'https://localhost:9443' },
      'VaultUrlDoesNotFitCloud',
      ['custom cloud'],
    ],
    [
      'another port',
      { keyVaultUrl: 'https://my-vault.vault.azure.net:8443' },
      'VaultUrlDoesNotFitCloud',
      ['my-vault'],
    ],
    [
      'the HSM of the cloud',
      { keyVaultUrl: 'https://my.managedhsm.azure.net' },
      'VaultUrlDoesNotFitCloud',
      ['vault.azure.net'],
    ],
    [
      'a secret name in the URL',
      { keyVaultUrl: 'https://my-vault.vault.azure.net/secrets/x' },
      'ConfigurationInvalid',
      ['without a path'],
    ],
    [
      'no URL',
      { keyVaultUrl: 'my-vault' },
      'ConfigurationInvalid',
      ['found "my-vault"', 'https://<vault-name>.vault.azure.net'],
    ],
    ['an unknown cloud', { cloud: 'usGov' }, 'ConfigurationInvalid', ['cloud', 'usGovernment']],
    [
      'half a custom cloud',
      { cloud: { authority: 'https://a.example' } },
      'ConfigurationInvalid',
      ['cloud.vaultSuffix', 'cloud.resourceManager'],
    ],
    [
      'a cloud over http',
      { cloud: { ...customCloud, authority: 'http://a.example' } },
      'ConfigurationInvalid',
      ['cloud.authority', 'https://'],
    ],
    [
      'a cloud with more',
      { cloud: { ...customCloud, audience: 'x' } },
      'ConfigurationInvalid',
      ['`audience`'],
    ],
    [
      'a cloud with a wrong switch',
      { cloud: { ...customCloud, instanceDiscovery: 'no' } },
      'ConfigurationInvalid',
      ['cloud.instanceDiscovery', 'true or false'],
    ],
    [
      'tags off while pulling',
      { autoTagExternalSecrets: false },
      'TagsRequiredUnlessPushOnly',
      ['autoTagExternalSecrets', 'syncMode Bidirectional', 'PushOnly'],
    ],
    [
      'a winner that is not read',
      { syncMode: 'PushOnly', conflictResolution: 'AzureWins' },
      'ConflictSettingsContradict',
      ['AzureWins with syncMode PushOnly'],
    ],
    [
      'a winner that is not read',
      { syncMode: 'PullOnly' },
      'ConflictSettingsContradict',
      ['SecretServerWins with syncMode PullOnly'],
    ],
    [
      'a literal credential',
      { credential: 'Hunter2-Hunter2' },
      'LiteralSecretRefused',
      ['credential', '"file"'],
    ],
    [
      'a literal in a reference',
      { credential: { value: 'Hunter2-Hunter2' } },
      'LiteralSecretRefused',
      ['credential'],
    ],
    ['a client secret', { clientSecret: 'Hunter2-Hunter2' }, 'LiteralSecretRefused', ['clientSecret']],
    [
      'a misspelt reference',
      { credential: { certficate: { path: 'a' } } },
      'ConfigurationInvalid',
      ['`certificate`'],
    ],
    [
      'two references',
      { credential: { file: 'a', env: 'B' } },
      'ConfigurationInvalid',
      ['2 keys', 'exactly one'],
    ],
    ['no reference', { credential: {} }, 'ConfigurationInvalid', ['0 keys']],
    ['a null reference', { credential: null }, 'ConfigurationInvalid', ['credential']],
    [
      'a file without path',
      { authMethod: 'ClientSecret', credential: { file: '' } },
      'ConfigurationInvalid',
      ['credential.file'],
    ],
    [
      'a certificate without path',
      { credential: { certificate: 'a.pem' } },
      'ConfigurationInvalid',
      ['credential.certificate', '{"path"'],
    ],
    [
      'a bad variable name',
      { authMethod: 'ClientSecret', credential: { env: 'Hunter2-Hunter2' } },
      'ConfigurationInvalid',
      ['credential.env'],
    ],
    [
      'a bad secret id',
      { authMethod: 'ClientSecret', credential: { secretServerSecret: 0 } },
      'ConfigurationInvalid',
      ['credential.secretServerSecret'],
    ],
    [
      'a bad identity',
      { authMethod: 'ManagedIdentity', credential: { managedIdentity: { clientId: 'me' } } },
      'ConfigurationInvalid',
      ['GUID'],
    ],
    [
      'a reference of another method',
      { credential: { env: 'A' } },
      'ConfigurationInvalid',
      ['the key env', 'authMethod Certificate'],
    ],
    [
      'a client secret by nothing',
      { authMethod: 'ClientSecret' },
      'ConfigurationInvalid',
      ['credential: found nothing', '{"file"'],
    ],
    [
      'a proxy with credentials',
      { proxy: 'http://u:Hunter2-Hunter2@proxy:1' },
      'LiteralSecretRefused',
      ['proxy'],
    ],
    [
      'a proxy of another kind',
      { proxy: 'socks5://proxy:1' },
      'ConfigurationInvalid',
      ['proxy', 'HTTP proxy'],
    ],
    ['an unknown server', { secretServer: 'other' }, 'UnknownSecretServer', ['secretServer', 'one of main']],
  ])('with %s (%j) is refused', (_what, changes, code, parts) => {
    const error = refusalOf(() => connectorOf({ connector: connectorText(changes) }));
    expect(error.code).toBe(code);
    for (const part of ['connector.json:', ...parts]) expect(error.message).toContain(part);
    expect(error.message).not.toContain('Hunter2');
  });

  test('is told all its problems at once, each with its line', () => {
    const connector = '{\n  "displayName": "a b",\n  "syncMode": "PushOnyl",\n  "nonsense": 1\n}';
    const { code, message } = refusalOf(() => connectorOf({ connector, servers: 'secret_servers: []' }));
    expect(code).toBe('ConfigurationInvalid');
    expect(message).toMatch(/connector\.json:2, displayName: .*\n.*connector\.json:1, tenantId/s);
    expect(message).toContain('connector.json:3, syncMode: found "PushOnyl"');
    expect(message).toContain('connector.json:4: found the unknown key `nonsense`');
    expect(message).toContain('secret-servers.yaml:1, secret_servers: found a list of 0');
  });

  test('keeps the code of each problem when they differ', () => {
    const connector = connectorText({ displayName: 'a b', keyVaultUrl: 'http://x.example' });
    const { code, message } = refusalOf(() => connectorOf({ connector }));
    expect(code).toBe('ConfigurationInvalid');
    expect(message).toContain('[PlainHttpRefused:');
  });

  test.each([
    ['a syntax error', '{\n "displayName": "Hunter2-Hunter2\n}', 'connector.json:2: found a syntax error'],
    [
      'the same key twice',
      '{\n "proxy": "a",\n "proxy": "b" }',
      'connector.json:3, proxy: found the same key a second time',
    ],
    ['no object', '[]', 'connector.json:1: found a list of 0'],
    ['nothing', '', 'connector.json'],
    ['absurd nesting', '['.repeat(100_000), 'connector.json'],
  ])('with %s is refused', (_what, connector, part) => {
    const error = refusalOf(() => connectorOf({ connector }));
    expect(error.code).toBe('ConfigurationInvalid');
    expect(error.message).toContain(part);
    expect(error.message).not.toContain('Hunter2');
  });

  test('must say which of several Secret Servers it means', () => {
    const second = serversText.replace('secret_servers:\n', '').replace('main', 'second');
    const servers = serversText + second;
    const error = refusalOf(() => connectorOf({ servers }));
    expect(error.code).toBe('UnknownSecretServer');
    expect(error.message).toContain('one of main, second');
    const settings = connectorOf({ servers, connector: connectorText({ secretServer: 'second' }) });
    expect(settings.secretServer.name).toBe('second');
  });
});
