import { connectorOf, refusalOf } from './support/configuration-texts';

const throttleOf = (throttle?: string) => connectorOf(throttle === undefined ? {} : { throttle }).throttle;

const guideText = `# /etc/ss-engine/akv-throttle.ini
[azure_key_vault]
max_requests_per_10s = 2000 # AKV default service limit
burst_capacity = 500 # token bucket burst
retry_policy = "exponential"
retry_max_attempts = 5
retry_base_delay_ms = 1000

[sync_batching]
external_secrets_per_batch = 25
batch_interval_ms = 400
parallel_template_workers = 4 # concurrent template map workers
delta_page_size = 25 # AKV list page size
`;

describe('the throttle file', () => {
  test("takes the guide's form", () => {
    expect(throttleOf(guideText)).toEqual({
      maxRequestsPer10s: { value: 2000, source: 'file' },
      burstCapacity: { value: 500, source: 'file' },
      retryPolicy: 'exponential',
      retryMaxAttempts: 5,
      retryBaseDelayMs: 1000,
      externalSecretsPerBatch: { value: 25, source: 'file' },
      batchIntervalMs: 400,
      parallelTemplateWorkers: 4,
      deltaPageSize: { value: 25, source: 'file' },
    });
  });

  test('may be absent, and then says that its numbers are defaults', () => {
    expect(throttleOf()).toMatchObject({
      maxRequestsPer10s: { value: 2000, source: 'default' },
      burstCapacity: { value: 500, source: 'default' },
      externalSecretsPerBatch: { value: 25, source: 'default' },
      deltaPageSize: { value: 25, source: 'default' },
    });
  });

  test.each<[string, string, object]>([
    [
      'azure_key_vault',
      'max_requests_per_10s = 1000',
      { maxRequestsPer10s: { value: 1000, source: 'file' } },
    ],
    [
      'azure_key_vault',
      'max_requests_per_10s = 9000',
      { maxRequestsPer10s: { value: 4000, source: 'service limit' } },
    ],
    ['azure_key_vault', 'burst_capacity = 100', { burstCapacity: { value: 100, source: 'file' } }],
    ['azure_key_vault', 'retry_policy = fixed', { retryPolicy: 'fixed' }],
    ['azure_key_vault', "retry_policy = 'fixed' ; comment", { retryPolicy: 'fixed' }],
    ['azure_key_vault', 'retry_max_attempts = 1', { retryMaxAttempts: 1 }],
    ['azure_key_vault', 'retry_base_delay_ms = 50', { retryBaseDelayMs: 50 }],
    [
      'sync_batching',
      'external_secrets_per_batch = 5',
      { externalSecretsPerBatch: { value: 5, source: 'file' } },
    ],
    [
      'sync_batching',
      'external_secrets_per_batch = 500',
      { externalSecretsPerBatch: { value: 300, source: 'service limit' } },
    ],
    ['sync_batching', 'batch_interval_ms = 0', { batchIntervalMs: 0 }],
    ['sync_batching', 'parallel_template_workers = 2', { parallelTemplateWorkers: 2 }],
    ['sync_batching', 'delta_page_size = 10', { deltaPageSize: { value: 10, source: 'file' } }],
    ['sync_batching', 'delta_page_size = 100', { deltaPageSize: { value: 25, source: 'service limit' } }],
  ])('has an effect in [%s] by %s', (section, line, expected) => {
    expect(throttleOf(`[${section}]\n${line}`)).toMatchObject(expected);
    expect(throttleOf()).not.toMatchObject(expected);
  });

  test('never spends more in one second than it may in ten', () => {
    const { burstCapacity } = throttleOf('[azure_key_vault]\nmax_requests_per_10s = 40');
    expect(burstCapacity).toEqual({ value: 40, source: 'file' });
  });

  test.each<[string, string, string[]]>([
    [
      '[azure_key_vault]\nmax_request_per_10s = 1',
      'ConfigurationInvalid',
      [':2, azure_key_vault', '`max_request_per_10s`', '`max_requests_per_10s`'],
    ],
    ['[azure_key_vault]\nfoo = 1', 'ConfigurationInvalid', ['`foo`', 'one of max_requests_per_10s']],
    [
      '[sync_batching]\nburst_capacity = 1',
      'ConfigurationInvalid',
      ['another section', 'under [azure_key_vault]'],
    ],
    [
      '[azure_keyvault]\nburst_capacity = 1',
      'ConfigurationInvalid',
      [':1', '`azure_keyvault`', '[azure_key_vault]'],
    ],
    ['burst_capacity = 1', 'ConfigurationInvalid', [':1', 'outside a section']],
    [
      '[azure_key_vault]\nburst_capacity = many',
      'ConfigurationInvalid',
      ['azure_key_vault.burst_capacity', 'a text of 4', 'burst_capacity = 500'],
    ],
    ['[azure_key_vault]\nburst_capacity =', 'ConfigurationInvalid', ['an empty text']],
    ['[azure_key_vault]\nburst_capacity', 'ConfigurationInvalid', ['a line without =']],
    ['[azure_key_vault]\nburst_capacity = 0', 'ConfigurationInvalid', ['found 0', 'from 1 to']],
    ['[azure_key_vault]\nburst_capacity = 1.5', 'ConfigurationInvalid', ['found 1.5']],
    ['[azure_key_vault]\nburst_capacity = -1', 'ConfigurationInvalid', ['found -1']],
    ['[azure_key_vault]\nburst_capacity[] = 1', 'ConfigurationInvalid', [':2', 'burst_capacity']],
    [
      '[azure_key_vault]\nburst_capacity = 1\nburst_capacity = 2',
      'ConfigurationInvalid',
      [':3', 'second time'],
    ],
    [
      '[azure_key_vault]\nretry_policy = exponentiel',
      'ConfigurationInvalid',
      ['"exponentiel"', 'exponential, fixed'],
    ],
    ['[azure_key_vault]\nretry_policy = Hunter2', 'ConfigurationInvalid', ['a text of 7']],
    ['[sync_batching]\nparallel_template_workers = 65', 'ConfigurationInvalid', ['from 1 to 64']],
    ['[azure_key_vault]\nclient_secret = Hunter2', 'LiteralSecretRefused', [':2']],
    ['[__proto__]\na = 1', 'ConfigurationInvalid', [':1']],
  ])('is refused with %j', (throttle, code, parts) => {
    const error = refusalOf(() => connectorOf({ throttle }));
    expect(error.code).toBe(code);
    for (const part of ['akv-throttle.ini', ...parts]) expect(error.message).toContain(part);
    expect(error.message).not.toContain('Hunter2');
  });
});
