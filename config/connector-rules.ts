import type { AuthMethod, CredentialReference } from '../domain/connectors';
import type { RuleFault } from './checking';
import { vaultUrlFault } from './clouds';
import { connectorSchema, type ConnectorFile } from './connector-schema';
import { kindsForAuthMethod } from './credential-references';
import { isRecord } from './records';

type Readable = { [Key in keyof ConnectorFile]?: ConnectorFile[Key] | undefined };

/** The rules between the keys of the connector JSON, on those keys that are valid by themselves. */
export function connectorRules(value: unknown): readonly RuleFault[] {
  if (!isRecord(value)) return [];
  const settings = readableMembers(value);
  return [...urlRule(settings), ...tagRule(settings), ...conflictRule(settings), ...credentialRule(settings)];
}

/**
 * The credential of a connector that names none: a certificate file named after it, or the identity of the machine.
 * Undefined for ClientSecret, which must name one.
 */
export function defaultCredential(
  authMethod: AuthMethod,
  displayName: string,
  clientId: string,
): CredentialReference | undefined {
  switch (authMethod) {
    case 'Certificate':
      return { kind: 'certificate', path: `credentials/${displayName}.pem` };
    case 'ManagedIdentity':
      return { kind: 'managedIdentity', clientId };
    case 'WorkloadIdentity':
      return { kind: 'workloadIdentity' };
    case 'ClientSecret':
      return undefined;
  }
}

/** The members that pass their own schema, defaults filled in. */
function readableMembers(members: Readonly<Record<string, unknown>>): Readable {
  const entries = Object.entries(connectorSchema.shape).flatMap(([key, schema]) => {
    const result = schema.safeParse(members[key]);
    return result.success ? [[key, result.data] as const] : [];
  });
  return Object.fromEntries(entries) as Readable;
}

function urlRule({ keyVaultUrl, cloud }: Readable): RuleFault[] {
  if (keyVaultUrl === undefined || cloud === undefined) return [];
  const fault = vaultUrlFault(keyVaultUrl, cloud);
  return fault === undefined ? [] : [{ path: ['keyVaultUrl'], ...fault }];
}

function tagRule({ autoTagExternalSecrets, syncMode }: Readable): RuleFault[] {
  if (autoTagExternalSecrets !== false || syncMode === undefined || syncMode === 'PushOnly') return [];
  return [
    {
      path: ['autoTagExternalSecrets'],
      code: 'TagsRequiredUnlessPushOnly',
      found: `false with syncMode ${syncMode}`,
      expected: 'true, or syncMode PushOnly',
    },
  ];
}

function conflictRule({ conflictResolution, syncMode }: Readable): RuleFault[] {
  const pushed = syncMode === 'PushOnly' && conflictResolution === 'AzureWins';
  const pulled = syncMode === 'PullOnly' && conflictResolution === 'SecretServerWins';
  if (!pushed && !pulled) return [];
  return [
    {
      path: ['conflictResolution'],
      code: 'ConflictSettingsContradict',
      found: `${conflictResolution} with syncMode ${syncMode}`,
      expected: `${pushed ? 'SecretServerWins' : 'AzureWins'} or Manual`,
    },
  ];
}

function credentialRule({ credential, authMethod }: Readable): RuleFault[] {
  if (authMethod === undefined) return [];
  const kinds = kindsForAuthMethod[authMethod];
  const expected = `a reference with the key ${kinds.join(' or ')} for authMethod ${authMethod}`;
  const path = ['credential'];
  if (credential === undefined && authMethod !== 'ClientSecret') return [];
  if (credential === undefined) {
    return [{ path, found: 'nothing', expected, example: '{"file": "credentials/client-secret.txt"}' }];
  }
  if (kinds.includes(credential.kind)) return [];
  return [{ path, found: `a reference with the key ${credential.kind}`, expected }];
}
