import { createHash } from 'node:crypto';
import type { TokenCredential } from '@azure/core-auth';
import type {
  ConnectorSettings,
  CredentialReference,
  SecretServerSettings,
  VaultSettings,
} from '../domain/connectors';
import { SsakvError } from '../domain/errors/ssakv-error';
import { resolveCredential, type ResolvedCredential } from './credentials';
import { entraCredential } from './entra/credential';
import { openKeyVaultSecrets, type KeyVaultSecretsConnection, type Spend } from './key-vault/secrets/client';
import { openSecretServer, type SecretServerConnection } from './secret-server/client';
import { readSecret } from './secret-server/secrets';

export interface ConnectionContext {
  /** Folder of ssakv.yaml: relative paths of credential references start here. */
  readonly baseDirectory: string;
  readonly requestTimeoutMs: number;
  /** Paid before every request to Key Vault. Belongs to the caller; it is not shared with other callers. */
  readonly spend?: Spend;
}

/** The part of a connector's settings that says where both sides are. */
export type ConnectorEndpoints = Pick<ConnectorSettings, 'vault' | 'secretServer'>;

export interface Connections {
  readonly keyVault: KeyVaultSecretsConnection;
  readonly secretServer: SecretServerConnection;
  readonly entra: TokenCredential;
}

interface VaultConnection {
  readonly keyVault: KeyVaultSecretsConnection;
  readonly entra: TokenCredential;
}

/**
 * Long-lived connections of this process, by a digest of everything they are made of. A new version of a connector,
 * or a credential file with new content, is another digest; there are as few of them as there are configurations.
 */
const vaults = new Map<string, VaultConnection>();
const servers = new Map<string, SecretServerConnection>();

/** Passwords that were read from Secret Server, until a sign-in with one fails. */
const readPasswords = new Map<string, Promise<string>>();

/**
 * Both sides of a connector, opened once per process and shared by all who ask with the same settings.
 *
 * Makes no call by itself, except to read a credential that is kept in Secret Server.
 * Errors: the `Credential…` codes, `ExtraCaUnreadable`, and for `secretServerSecret` the `SecretServer…` codes.
 */
export async function openConnections(
  settings: ConnectorEndpoints,
  context: ConnectionContext,
): Promise<Connections> {
  const secretServer = await serverFor(settings.secretServer, context);
  const { keyVault, entra } = await vaultFor(settings, secretServer, context);
  return { keyVault: { ...keyVault, spend: context.spend }, secretServer, entra };
}

async function serverFor(
  settings: SecretServerSettings,
  context: ConnectionContext,
): Promise<SecretServerConnection> {
  const { requestTimeoutMs, baseDirectory } = context;
  const resolved = await resolveCredential(settings.credential, { baseDirectory });
  const key = digest([settings, resolved, requestTimeoutMs]);
  const known = servers.get(key);
  if (known !== undefined) return known;
  const opened = openSecretServer(settings, resolved, { requestTimeoutMs });
  servers.set(key, opened);
  return opened;
}

async function vaultFor(
  { vault, secretServer: server }: ConnectorEndpoints,
  secretServer: SecretServerConnection,
  context: ConnectionContext,
): Promise<VaultConnection> {
  const { requestTimeoutMs, baseDirectory } = context;
  const kept = digest([server, vault.credential]);
  const resolved = await resolveCredential(vault.credential, {
    baseDirectory,
    readSecretServerSecret: (secretId) => passwordOnce(kept, secretServer, secretId),
  });
  const key = digest([vault, resolved, requestTimeoutMs]);
  const known = vaults.get(key);
  if (known !== undefined) return known;
  const entra = forgetting(kept, entraCredential(vault, resolved, { requestTimeoutMs }));
  const opened = { keyVault: openKeyVaultSecrets(vault, entra, { requestTimeoutMs }), entra };
  vaults.set(key, opened);
  return opened;
}

function passwordOnce(kept: string, secretServer: SecretServerConnection, secretId: number): Promise<string> {
  const known = readPasswords.get(kept);
  if (known !== undefined) return known;
  const reading = readPassword(secretServer, secretId);
  readPasswords.set(kept, reading);
  reading.catch(() => readPasswords.delete(kept));
  return reading;
}

async function readPassword(secretServer: SecretServerConnection, secretId: number): Promise<string> {
  const reading = await readSecret(secretServer, secretId, { wantsFile: () => false });
  const filled =
    reading.kind === 'read' ? reading.secret.fields.filter((field) => field.isPassword && field.value) : [];
  const value = filled[0]?.value;
  if (filled.length === 1 && value !== undefined) return value;
  throw new SsakvError('CredentialSecretUnclear', { detail: `The secret's id is ${secretId}.` });
}

/** Secret Server may have changed the password since it was read: the next opening reads it anew. */
function forgetting(kept: string, credential: TokenCredential): TokenCredential {
  return {
    getToken: async (scopes, options) => {
      try {
        return await credential.getToken(scopes, options);
      } catch (error) {
        if (error instanceof SsakvError && !error.retryable) readPasswords.delete(kept);
        throw error;
      }
    },
  };
}

/** Credentials are part of what makes a connection, so only a digest is kept. */
function digest(
  parts: readonly (
    VaultSettings | SecretServerSettings | CredentialReference | ResolvedCredential | string | number
  )[],
): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
