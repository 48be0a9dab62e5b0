import path from 'node:path';
import { z } from 'zod';
import type { SecretServerSettings } from '../domain/connectors';
import { check, type Checked, type Guides } from './checking';
import { credentialReference } from './credential-references';
import type { ConfigDocument } from './documents';
import { choice } from './key-guides';
import { omitUndefined } from './omit-undefined';
import { addRuleIssue, text } from './rules';
import { baseUrl, proxyUrl } from './urls';

/** The oldest release whose REST API ssakv is built against. */
const leastSupportedVersion = '11.2';

const authMethods = ['password', 'client_credentials'] as const;
const versionPattern = /^\d{1,4}(\.\d{1,6}){1,3}$/;

const server = z
  .strictObject({
    name: text(/^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/),
    url: baseUrl(),
    auth_method: z.enum(authMethods).default('password'),
    username: text(/^[^\p{Cc}]{1,256}$/u).optional(),
    client_id: text(/^[^\p{Cc}]{1,256}$/u).optional(),
    credential: credentialReference(['file', 'env']),
    least_version: text(versionPattern).default(leastSupportedVersion),
    changes_report: text(/^[^\p{Cc}]{1,256}$/u).optional(),
    proxy: proxyUrl().optional(),
    ca_file: z.string().min(1).optional(),
  })
  .superRefine((value, context) => {
    const [needed, other] =
      value.auth_method === 'password'
        ? (['username', 'client_id'] as const)
        : (['client_id', 'username'] as const);
    if (value[needed] === undefined) {
      addRuleIssue(context, { path: [needed], expected: `${needed}, with auth_method ${value.auth_method}` });
    }
    if (value[other] !== undefined) {
      addRuleIssue(context, { path: [other], expected: `no ${other} with auth_method ${value.auth_method}` });
    }
    if (compareVersions(value.least_version, leastSupportedVersion) < 0) {
      addRuleIssue(context, { path: ['least_version'], expected: `"${leastSupportedVersion}" or newer` });
    }
  });

const schema = z
  .strictObject({ secret_servers: z.array(server).min(1).max(100) })
  .superRefine(({ secret_servers: servers }, context) => {
    for (const [index, each] of servers.entries()) {
      if (servers.findIndex((other) => other.name === each.name) === index) continue;
      addRuleIssue(context, {
        path: ['secret_servers', index, 'name'],
        expected: 'a name that no other server has',
      });
    }
  });

const guides: Guides = {
  secret_servers: { expected: 'a list of at least one server', example: '- name: main', shown: 'never' },
  'secret_servers[]': {
    expected: 'a server with name, url and credential',
    example: 'name: main',
    shown: 'never',
  },
  'secret_servers[].name': { expected: '1 to 63 letters, digits and dashes', example: 'main', shown: 'name' },
  'secret_servers[].url': {
    expected: 'the base URL, with https:// unless it is a loopback address',
    example: '"https://vault.example.com/SecretServer"',
    shown: 'url',
  },
  'secret_servers[].auth_method': choice(authMethods, 'password'),
  'secret_servers[].username': {
    expected: 'an account name',
    example: '"EXAMPLE\\\\svc-ssakv"',
    shown: 'never',
  },
  'secret_servers[].client_id': { expected: 'a client id', example: '"sdk-client-0c8e…"', shown: 'never' },
  'secret_servers[].credential': {
    expected: 'a reference',
    example: '{ file: credentials/secret-server.txt }',
    shown: 'never',
  },
  'secret_servers[].least_version': {
    expected: `a quoted version, "${leastSupportedVersion}" or newer`,
    example: `"${leastSupportedVersion}"`,
    shown: 'name',
  },
  'secret_servers[].changes_report': {
    expected: 'the name of the installed report of changes',
    example: '"ssakv changes"',
    shown: 'name',
  },
  'secret_servers[].proxy': {
    expected: 'the URL of an HTTP proxy without credentials',
    example: '"http://proxy.example.com:3128"',
    shown: 'url',
  },
  'secret_servers[].ca_file': { expected: 'the path of a PEM file', example: '"ca.pem"', shown: 'name' },
};

/** Reads the servers of secret-servers.yaml. `ca_file` becomes absolute, from the folder of the file. */
export function readSecretServers(
  document: ConfigDocument,
  folder: string,
): Checked<readonly SecretServerSettings[]> {
  const checked = check(document, schema, { guides, notYet: ['secret_servers[].key_management'] });
  if (checked.kind === 'invalid') return checked;
  return { kind: 'valid', value: checked.value.secret_servers.map((entry) => toSettings(entry, folder)) };
}

function toSettings(entry: z.infer<typeof server>, folder: string): SecretServerSettings {
  return omitUndefined({
    name: entry.name,
    url: entry.url,
    authMethod: entry.auth_method === 'password' ? ('password' as const) : ('clientCredentials' as const),
    username: entry.username ?? entry.client_id ?? '',
    credential: entry.credential,
    leastVersion: entry.least_version,
    changesReport: entry.changes_report,
    proxy: entry.proxy,
    caFile: entry.ca_file === undefined ? undefined : path.resolve(folder, entry.ca_file),
  });
}

function compareVersions(left: string, right: string): number {
  const [a, b] = [left.split('.').map(Number), right.split('.').map(Number)];
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
