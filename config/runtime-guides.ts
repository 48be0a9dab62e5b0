import type { Guides } from './checking';
import { choice, number, trueOrFalse } from './key-guides';

/** What errors say about each key of ssakv.yaml. */
export const runtimeGuides: Guides = {
  development: trueOrFalse('false'),
  installation: {
    expected: 'id and key',
    example: 'installation: { id: prod-1, key: { env: SSAKV_KEY } }',
    shown: 'never',
  },
  'installation.id': { expected: '1 to 36 letters, digits and dashes', example: 'prod-1', shown: 'name' },
  'installation.key': {
    expected: 'a reference',
    example: '{ file: credentials/installation.key }',
    shown: 'never',
  },
  ledger: {
    expected: 'url',
    example: 'ledger: { url: "postgres://ssakv@db.example.com/ssakv" }',
    shown: 'never',
  },
  'ledger.url': {
    expected: 'postgres://<user>@<host>[:port]/<database> without a password',
    example: '"postgres://ssakv@db.example.com:5432/ssakv?sslmode=verify-full"',
    shown: 'never',
  },
  'ledger.password': { expected: 'a reference', example: '{ env: SSAKV_LEDGER_PASSWORD }', shown: 'never' },
  'ledger.max_connections': number('a whole number from 1 to 1000', '10'),
  temporal: {
    expected: 'address',
    example: 'temporal: { address: "temporal.example.com:7233" }',
    shown: 'never',
  },
  'temporal.address': {
    expected: '<host>:<port>',
    example: '"temporal.example.com:7233"',
    shown: 'nearMiss',
  },
  'temporal.namespace': { expected: 'the name of a namespace', example: '"default"', shown: 'name' },
  'temporal.tls': {
    expected: 'a block of file names, or {} for TLS alone',
    example: 'tls: {}',
    shown: 'never',
  },
  'temporal.tls.ca_file': { expected: 'the path of a PEM file', example: '"temporal-ca.pem"', shown: 'name' },
  'temporal.tls.cert_file': { expected: 'the path of a PEM file', example: '"client.pem"', shown: 'name' },
  'temporal.tls.key_file': { expected: 'the path of a PEM file', example: '"client-key.pem"', shown: 'name' },
  'temporal.tls.server_name': { expected: 'a host name', example: '"temporal.example.com"', shown: 'name' },
  'temporal.api_key': { expected: 'a reference', example: '{ env: SSAKV_TEMPORAL_API_KEY }', shown: 'never' },
  'temporal.ui_url': {
    expected: 'the URL of the Temporal Web UI',
    example: '"https://temporal.example.com"',
    shown: 'url',
  },
  allow: {
    expected: 'vaults, folders and credentials',
    example: 'allow: { folders: ["Production"] }',
    shown: 'never',
  },
  'allow.vaults': {
    expected: 'a list of vault URLs',
    example: '["https://my-vault.vault.azure.net"]',
    shown: 'never',
  },
  'allow.vaults[]': {
    expected: 'an https:// vault URL',
    example: '"https://my-vault.vault.azure.net"',
    shown: 'url',
  },
  'allow.folders': { expected: 'a list of folders', example: '["Production"]', shown: 'never' },
  'allow.folders[]': {
    expected: 'a folder path with forward slashes, or "*"',
    example: '"Production"',
    shown: 'name',
  },
  'allow.credentials': {
    expected: 'a list of references',
    example: '["certificate:credentials/akv.pem"]',
    shown: 'never',
  },
  'allow.credentials[]': {
    expected:
      'file:<path>, env:<name>, certificate:<path>, secretServerSecret:<id>, managedIdentity[:<client id>] or workloadIdentity',
    example: '"certificate:credentials/akv-prod-eastus.pem"',
    shown: 'never',
  },
  listeners: {
    expected: 'operators, metrics, worker_metrics',
    example: 'operators: { port: 8085 }',
    shown: 'never',
  },
  ...listenerGuides('operators', 8085),
  ...listenerGuides('metrics', 9464),
  ...listenerGuides('worker_metrics', 9465),
  timings: {
    expected: 'a block of seconds',
    example: 'timings: { request_timeout_seconds: 20 }',
    shown: 'never',
  },
  'timings.request_timeout_seconds': number('seconds, above 0 and at most 600', '20'),
  'timings.pair_lease_seconds': number('seconds, above 0 and at most 3600', '60'),
  'timings.settle_seconds': number('seconds, above 0 and at most 7200', '80'),
  pool_ids: { expected: 'a list of engine pool ids', example: '[3]', shown: 'never' },
  'pool_ids[]': number('a whole number from 1', '3'),
  log_level: choice(['debug', 'info', 'warn', 'error'], 'info'),
};

function listenerGuides(name: string, port: number): Guides {
  return {
    [`listeners.${name}`]: {
      expected: 'host and port',
      example: `{ host: 127.0.0.1, port: ${port} }`,
      shown: 'never',
    },
    [`listeners.${name}.host`]: {
      expected: 'an address to listen on',
      example: '"127.0.0.1"',
      shown: 'name',
    },
    [`listeners.${name}.port`]: number('a port from 0 (any free one) to 65535', String(port)),
  };
}
