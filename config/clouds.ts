import type { z } from 'zod';
import type { CloudSettings } from '../domain/connectors';
import type { RuleParams } from './checking';
import { isRecord } from './records';
import { readBy } from './rules';
import { describeKey, nearestName } from './shown-values';
import { baseUrlFault, isLoopbackHost } from './urls';

/**
 * The clouds that Microsoft runs.
 * Source: "About keys, secrets and certificates", section DNS suffixes, and `AzureAuthorityHosts` of @azure/identity.
 */
export const knownClouds = {
  public: cloud(
    'public',
    'login.microsoftonline.com',
    'vault.azure.net',
    'managedhsm.azure.net',
    'management.azure.com',
  ),
  usGovernment: cloud(
    'usGovernment',
    'login.microsoftonline.us',
    'vault.usgovcloudapi.net',
    'managedhsm.usgovcloudapi.net',
    'management.usgovcloudapi.net',
  ),
  china: cloud(
    'china',
    'login.chinacloudapi.cn',
    'vault.azure.cn',
    'managedhsm.azure.cn',
    'management.chinacloudapi.cn',
  ),
} as const;

const names = Object.keys(knownClouds);
const customKeys = [
  'authority',
  'vaultSuffix',
  'hsmSuffix',
  'resourceManager',
  'instanceDiscovery',
  'challengeVerification',
];
const example =
  '"public", or {"authority": "https://login.example.com", "vaultSuffix": "vault.example.com", "hsmSuffix": "managedhsm.example.com", "resourceManager": "https://management.example.com", "instanceDiscovery": false}';

interface Fault extends RuleParams {
  readonly path?: readonly string[];
}

/** The setting `cloud`: a known name, or the endpoints of a custom cloud. */
export function cloudSetting(): z.ZodType<CloudSettings> {
  return readBy((value) => {
    if (typeof value === 'string') return readName(value);
    if (!isRecord(value)) return { issues: [{ example }] };
    const issues = [...unknownKeys(value), ...endpointFaults(value), ...switchFaults(value)];
    return issues.length > 0 ? { issues } : { value: customCloud(value) };
  });
}

/** What is wrong with a vault URL in this cloud, or undefined. Vault names: 3 to 24 letters, digits and dashes. */
export function vaultUrlFault(value: unknown, cloudSettings: CloudSettings): RuleParams | undefined {
  const expected = `https://<vault-name>.${cloudSettings.vaultSuffix}`;
  const invalid = { expected, example: `https://my-vault.${cloudSettings.vaultSuffix}` };
  if (typeof value === 'string' && /^http:/i.test(value)) return { code: 'PlainHttpRefused', expected };
  const fault = baseUrlFault(value, ['https:']);
  if (fault !== undefined) return { ...invalid, ...fault };
  const url = new URL(String(value));
  if (url.pathname !== '/') return { ...invalid, expected: `${expected}, without a path` };
  const misfit = {
    ...invalid,
    code: 'VaultUrlDoesNotFitCloud',
    expected: `${expected} in cloud ${cloudSettings.name}`,
  } as const;
  const suffix = `.${cloudSettings.vaultSuffix.toLowerCase()}`;
  if (cloudSettings.name === 'custom') {
    const isTheDomain = url.hostname === suffix.slice(1);
    return isTheDomain || url.hostname.endsWith(suffix) ? undefined : misfit;
  }
  if (isLoopbackHost(url.hostname))
    return { ...misfit, expected: 'a vault of Azure, or a custom cloud for loopback' };
  const name = url.hostname.endsWith(suffix) ? url.hostname.slice(0, -suffix.length) : '';
  return /^[a-z][a-z0-9-]{1,22}[a-z0-9]$/.test(name) && url.port === '' ? undefined : misfit;
}

function readName(value: string): { readonly value: CloudSettings } | { readonly issues: readonly Fault[] } {
  const known = Object.values(knownClouds).find((each) => each.name === value);
  if (known !== undefined) return { value: known };
  const nearest = nearestName(value, names);
  const hint = nearest === undefined ? '' : `; nearest: ${nearest}`;
  return { issues: [{ expected: `${names.join(', ')}, or an object for a custom cloud${hint}`, example }] };
}

function unknownKeys(members: Readonly<Record<string, unknown>>): Fault[] {
  return Object.keys(members)
    .filter((key) => !customKeys.includes(key))
    .map((key) => ({
      found: `the unknown key ${describeKey(key)}`,
      expected: `the keys ${customKeys.join(', ')}`,
      example,
    }));
}

function endpointFaults(members: Readonly<Record<string, unknown>>): Fault[] {
  const urls = ['authority', 'resourceManager'].flatMap((key) => {
    const fault = baseUrlFault(members[key], ['https:']);
    return fault === undefined ? [] : [{ expected: 'an https:// URL', example, ...fault, path: [key] }];
  });
  const suffixes = ['vaultSuffix', 'hsmSuffix']
    .filter((key) => !isDomain(members[key]))
    .map((key) => ({ expected: 'a domain without leading dot', example, path: [key] }));
  return [...urls, ...suffixes];
}

function switchFaults(members: Readonly<Record<string, unknown>>): Fault[] {
  return ['instanceDiscovery', 'challengeVerification']
    .filter((key) => members[key] !== undefined && typeof members[key] !== 'boolean')
    .map((key) => ({ expected: 'true or false', example, path: [key] }));
}

function isDomain(value: unknown): boolean {
  return typeof value === 'string' && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(value);
}

/** A custom cloud is unknown to Microsoft, so its instance discovery is off unless it is asked for. */
function customCloud(members: Readonly<Record<string, unknown>>): CloudSettings {
  return {
    name: 'custom',
    authority: String(members['authority']).replace(/\/+$/, ''),
    vaultSuffix: String(members['vaultSuffix']).toLowerCase(),
    hsmSuffix: String(members['hsmSuffix']).toLowerCase(),
    resourceManager: String(members['resourceManager']).replace(/\/+$/, ''),
    instanceDiscovery: members['instanceDiscovery'] === true,
    challengeVerification: members['challengeVerification'] !== false,
  };
}

function cloud(name: string, login: string, vault: string, hsm: string, management: string): CloudSettings {
  return {
    name,
    authority: `https://${login}`,
    vaultSuffix: vault,
    hsmSuffix: hsm,
    resourceManager: `https://${management}`,
    instanceDiscovery: true,
    challengeVerification: true,
  };
}
