import { generateKeyPairSync, randomBytes, randomInt, randomUUID } from 'node:crypto';

/** One secret of the demo: text fields by slug, files by slug. */
export interface DemoSecret {
  readonly folder: string;
  readonly template: string;
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, { name: string; text: string }>>;
}

/** The folder tree that the demo's connector governs. */
export const governedFolder = '\\Production';

/** More than one Key Vault value may hold; it lies in a note, which no map names. */
const longNoteLength = 26_000;

/** The 40 secrets of the demo, with values made up anew at each call. */
export function demoSecrets(): readonly DemoSecret[] {
  return [
    ...oracleAccounts('East', ['orders', 'billing', 'stock', 'payroll', 'archive', 'reporting']),
    ...oracleAccounts('West', ['orders', 'billing', 'stock', 'reporting']),
    ...webPasswords(['shop', 'status', 'partner', 'careers', 'docs', 'support']),
    legacyPortal(),
    ...linuxAccounts(['web01', 'web02', 'db01', 'queue01', 'backup01', 'build01']),
    deployKey(),
    ...sqlServerAccounts(['crm', 'erp', 'wiki', 'tickets', 'metrics', 'warehouse']),
    ...directoryAccounts(['svc-backup', 'svc-monitor', 'svc-scan', 'svc-print', 'svc-deploy']),
    ...applicationRegistrations(['orders-api', 'billing-api', 'portal', 'exporter']),
    { ...webPassword('sandbox', 'dev'), folder: '\\Development\\Web' },
  ];
}

function password(): string {
  return randomBytes(15).toString('base64url');
}

function oracleAccounts(region: string, names: readonly string[]): DemoSecret[] {
  return names.map((name) => ({
    folder: `${governedFolder}\\Oracle\\${region}`,
    template: 'Oracle Service Account',
    name: `oracle ${name} ${region.toLowerCase()}`,
    fields: {
      username: `${name}_app`,
      password: password(),
      server: `${name}.${region.toLowerCase()}.db.example.com`,
      port: String(1521 + randomInt(4)),
      notes: `Owned by the ${name} team.`,
    },
  }));
}

function webPasswords(names: readonly string[]): DemoSecret[] {
  return names.map((name) => webPassword(name, 'prod'));
}

function webPassword(name: string, stage: string): DemoSecret {
  return {
    folder: `${governedFolder}\\Web`,
    template: 'Web Password',
    name: `web ${name}`,
    fields: {
      url: `https://${name}.${stage}.example.com/login`,
      username: `admin@${name}.example.com`,
      password: password(),
      notes: '',
    },
  };
}

/** Awkward on purpose: a note longer than any Key Vault value may be. It must never leave Secret Server. */
function legacyPortal(): DemoSecret {
  const secret = webPassword('legacy portal', 'prod');
  const line = 'Kept from the old system: see the run book before you touch this account.\n';
  return {
    ...secret,
    fields: { ...secret.fields, notes: line.repeat(Math.ceil(longNoteLength / line.length)) },
  };
}

function linuxAccounts(machines: readonly string[]): DemoSecret[] {
  return machines.map((machine) => ({
    folder: `${governedFolder}\\Linux`,
    template: 'Unix Account (SSH)',
    name: `root on ${machine}`,
    fields: { machine: `${machine}.example.com`, username: 'root', password: password(), notes: '' },
  }));
}

/** Signs in by a private key: the one file of the demo. */
function deployKey(): DemoSecret {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    folder: `${governedFolder}\\Linux`,
    template: 'Unix Account (SSH)',
    name: 'deploy key',
    fields: { machine: 'build01.example.com', username: 'deploy', 'private-key-passphrase': password() },
    files: {
      'private-key': {
        name: 'deploy.pem',
        text: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      },
    },
  };
}

function sqlServerAccounts(names: readonly string[]): DemoSecret[] {
  return names.map((name) => ({
    folder: `${governedFolder}\\Databases`,
    template: 'SQL Server Account',
    name: `sql ${name}`,
    fields: { server: `${name}.sql.example.com`, username: `${name}_rw`, password: password(), notes: '' },
  }));
}

function directoryAccounts(names: readonly string[]): DemoSecret[] {
  return names.map((name) => ({
    folder: `${governedFolder}\\Directory`,
    template: 'Active Directory Account',
    name: `ad ${name}`,
    fields: { domain: 'corp.example.com', username: name, password: password(), notes: '' },
  }));
}

function applicationRegistrations(names: readonly string[]): DemoSecret[] {
  const tenantId = randomUUID();
  return names.map((name) => ({
    folder: `${governedFolder}\\Azure`,
    template: 'Azure Application Registration',
    name: `app ${name}`,
    fields: { 'client-id': randomUUID(), 'client-secret': password(), 'tenant-id': tenantId },
  }));
}
