import type { EmulatorControl } from './emulators';

/**
 * What the vault must hold, derived from Secret Server's world alone by a mapper of its own: it shares no code with the
 * product and knows nothing of the ledger, so one misreading cannot pass on both sides.
 */
export interface ExpectedSecret {
  readonly name: string;
  readonly secretId: number;
  readonly value: Readonly<Record<string, string>>;
  readonly folderPath: string;
}

interface WorldField {
  readonly slug: string;
  readonly value: string | null;
  readonly file: { readonly base64: string } | null;
}

export interface WorldSecret {
  readonly id: number;
  readonly name: string;
  readonly active: boolean;
  readonly folderPath: string;
  readonly templateName: string;
  readonly fields: readonly WorldField[];
}

/** Per template: prefix, and JSON key ← field slug, in the order of the demo's maps. */
const expectations: Readonly<
  Record<string, { prefix: string; keys: readonly (readonly [string, string])[] }>
> = {
  'Oracle Service Account': {
    prefix: 'oracle',
    keys: [
      ['username', 'username'],
      ['password', 'password'],
      ['host', 'server'],
      ['port', 'port'],
    ],
  },
  'Active Directory Account': {
    prefix: 'ss-prod',
    keys: [
      ['username', 'username'],
      ['password', 'password'],
      ['domain', 'domain'],
    ],
  },
  'Unix Account (SSH)': {
    prefix: 'ss-prod',
    keys: [
      ['username', 'username'],
      ['password', 'password'],
      ['private_key', 'private-key'],
    ],
  },
  'SQL Server Account': {
    prefix: 'ss-prod',
    keys: [
      ['server', 'server'],
      ['database', 'database'],
      ['username', 'username'],
      ['password', 'password'],
    ],
  },
  'Azure Application Registration': {
    prefix: 'ss-prod',
    keys: [
      ['clientId', 'client-id'],
      ['clientSecret', 'client-secret'],
      ['tenantId', 'tenant-id'],
    ],
  },
  'Web Password': {
    prefix: 'ss-prod',
    keys: [
      ['url', 'url'],
      ['username', 'username'],
      ['password', 'password'],
    ],
  },
};

export async function worldSecrets(control: EmulatorControl): Promise<readonly WorldSecret[]> {
  return (await control.secretServerWorld<{ secrets: WorldSecret[] }>()).secrets;
}

/** The external secrets of all active secrets below `Production`. */
export async function expectedSecrets(control: EmulatorControl): Promise<readonly ExpectedSecret[]> {
  const secrets = await worldSecrets(control);
  return secrets
    .filter((secret) => secret.active && /^\\Production(\\|$)/i.test(secret.folderPath))
    .flatMap((secret) => expectedSecret(secret) ?? [])
    .sort((a, b) => a.secretId - b.secretId);
}

function expectedSecret(secret: WorldSecret): ExpectedSecret | undefined {
  const expectation = expectations[secret.templateName];
  if (expectation === undefined) return undefined;
  const value: Record<string, string> = {};
  for (const [key, slug] of expectation.keys) {
    const text = textOf(secret.fields.find((field) => field.slug === slug));
    if (text !== '') value[key] = text;
  }
  const folderPath = secret.folderPath.split('\\').filter(Boolean).join('/');
  return { name: `${expectation.prefix}-${secret.id}`, secretId: secret.id, value, folderPath };
}

function textOf(field: WorldField | undefined): string {
  if (field?.file) return Buffer.from(field.file.base64, 'base64').toString('utf8');
  return field?.value ?? '';
}
