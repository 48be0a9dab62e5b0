import type { Emulators } from './emulators';
import { secretClient } from './azure-clients';

export interface HeldSecret {
  readonly name: string;
  readonly value: unknown;
  readonly contentType: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly versions: readonly string[];
}

/** All live secrets of the vault with value and versions, by name; read with the official client. The probe is left out. */
export async function vaultContent(emulators: Emulators): Promise<ReadonlyMap<string, HeldSecret>> {
  const client = secretClient(emulators);
  const names: string[] = [];
  for await (const { name } of client.listPropertiesOfSecrets()) {
    if (!name.endsWith('-connection-probe')) names.push(name);
  }
  const held = new Map<string, HeldSecret>();
  for (const name of names) held.set(name, await heldSecret(emulators, name));
  return held;
}

/** One secret; throws as the official client does when there is none. */
export async function heldSecret(emulators: Emulators, name: string): Promise<HeldSecret> {
  const client = secretClient(emulators);
  const newest = await client.getSecret(name);
  const versions: string[] = [];
  for await (const version of client.listPropertiesOfSecretVersions(name))
    versions.push(version.version ?? '');
  const { contentType, tags = {} } = newest.properties;
  return { name, value: parsed(newest.value ?? ''), contentType, tags, versions };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
