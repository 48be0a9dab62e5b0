import type { ServiceName } from './stand-in';

const HOST_RULES: readonly (readonly [RegExp, ServiceName])[] = [
  [/^login\./, 'entra'],
  [/\.vault\.(localhost|azure\.net)$/, 'keyVault'],
];

/**
 * The service that a host name stands for, so that a hosts entry such as `127.0.0.1 demo.vault.azure.net` reaches
 * the right stand-in on any port. Undefined for `localhost` and addresses: there the port decides.
 */
export function serviceOfHost(hostname: string): ServiceName | undefined {
  return HOST_RULES.find(([pattern]) => pattern.test(hostname))?.[1];
}
