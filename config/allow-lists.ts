import type { ConnectorSettings } from '../domain/connectors';
import { SsakvError } from '../domain/errors/ssakv-error';
import { credentialText, normalizeCredentialText } from './credential-references';
import type { AllowLists } from './runtime-settings';

/**
 * Refuses a connector that names a vault, a folder or a credential outside the allow-lists of ssakv.yaml.
 *
 * Checked where the connector is applied and again by each worker, whose own ssakv.yaml decides. Throws SsakvError
 * NotAllowed, which names every missing line.
 */
export function checkAllowed(settings: ConnectorSettings, allow: AllowLists): void {
  const missing = [
    ...missingVaults(settings, allow.vaults).map((line) => `allow.vaults: "${line}"`),
    ...missingFolders(settings, allow.folders).map((line) => `allow.folders: "${line}"`),
    ...missingCredentials(settings, allow.credentials).map((line) => `allow.credentials: "${line}"`),
  ];
  if (missing.length === 0) return;
  const lines = missing.map((line) => `\n  - ${line}`).join('');
  throw new SsakvError('NotAllowed', {
    detail: `Connector ${settings.displayName} needs these lines:${lines}\n`,
  });
}

function missingVaults({ vault }: ConnectorSettings, allowed: readonly string[]): string[] {
  return allowed.some((each) => each.toLowerCase() === vault.url.toLowerCase()) ? [] : [vault.url];
}

function missingFolders({ syncRules }: ConnectorSettings, allowed: readonly string[]): string[] {
  const isAllowed = (folder: string): boolean =>
    allowed.some((each) => each === '*' || `${folder}/`.toLowerCase().startsWith(`${each}/`.toLowerCase()));
  return [...new Set(syncRules.map((rule) => rule.folder))].filter((folder) => !isAllowed(folder));
}

function missingCredentials(settings: ConnectorSettings, allowed: readonly string[]): string[] {
  const known = new Set(allowed.map(normalizeCredentialText));
  const named = [settings.vault.credential, settings.secretServer.credential].map(credentialText);
  return [...new Set(named)].filter((text) => !known.has(text));
}
