import { createBulkSecrets } from './bulk-secrets';
import { newMark, newOddMark } from './leak-search';
import type { SyncWorld } from './sync-world';

/** Values that must never be seen outside Secret Server and Key Vault, each under what it stands for. */
export interface MarkedSecrets {
  readonly marks: ReadonlyMap<string, string>;
  /** Numbers of secrets that nothing is wrong with, to be edited. */
  readonly plainIds: readonly number[];
  readonly odd: number;
  readonly withFile: number;
  readonly withBinaryFile: number;
  readonly withWordAsPort: number;
  readonly tooLarge: number;
  /** A new mark, known from here on under this name. */
  mark(name: string): string;
}

const folder = '\\Production\\Marked';

/** Secrets of all kinds with marked values: passwords, notes, files, and three that cannot be pushed. */
export async function makeMarkedSecrets(world: SyncWorld): Promise<MarkedSecrets> {
  const marks = new Map<string, string>();
  const keep = (name: string, text: string): string => {
    marks.set(name, text);
    return text;
  };
  const mark = (name: string) => keep(name, newMark());
  const plainIds = await createBulkSecrets(world.emulators, 40, {
    namePrefix: 'marked',
    valuePrefix: mark('bulk'),
  });
  const odd = await createSecret(world, 'Web Password', {
    url: 'https://odd.example.com',
    username: 'odd',
    password: `first line\n${keep('password of several lines', newOddMark())}\nlast line`,
    notes: mark('notes, which no map names'),
  });
  const withFile = await createUnixAccount(world, mark('passphrase'));
  await setFile(world, withFile, Buffer.from(`-----BEGIN KEY-----\n${mark('file')}\n-----END KEY-----\n`));
  const withBinaryFile = await createUnixAccount(world, mark('passphrase beside a binary file'));
  await setFile(
    world,
    withBinaryFile,
    Buffer.concat([Buffer.from([0xff, 0xfe, 0]), Buffer.from(mark('binary file'))]),
  );
  const withWordAsPort = await createSecret(world, 'Oracle Service Account', {
    username: 'app',
    password: mark('password beside a bad port'),
    server: 'db.example.com',
    port: mark('port that is no number'),
  });
  const tooLarge = await createSecret(world, 'Web Password', {
    url: 'https://large.example.com',
    username: 'large',
    password: `${mark('value that is too large')}${'x'.repeat(26_000)}`,
  });
  return { marks, plainIds, odd, withFile, withBinaryFile, withWordAsPort, tooLarge, mark };
}

function createUnixAccount(world: SyncWorld, passphrase: string): Promise<number> {
  return createSecret(world, 'Unix Account (SSH)', {
    machine: 'host.example.com',
    username: 'root',
    password: passphrase,
    'private-key-passphrase': passphrase,
  });
}

async function createSecret(
  world: SyncWorld,
  template: string,
  fields: Readonly<Record<string, string>>,
): Promise<number> {
  const { control } = world.emulators;
  const { folderId } = await control.editSecretServer<{ folderId: number }>({
    edit: 'createFolder',
    path: folder,
  });
  const { secretId } = await control.editSecretServer<{ secretId: number }>({
    edit: 'createSecret',
    folderId,
    template,
    name: `marked ${template}`,
    fields,
  });
  return secretId;
}

async function setFile(world: SyncWorld, secretId: number, bytes: Buffer): Promise<void> {
  await world.emulators.control.editSecretServer({
    edit: 'setFile',
    secretId,
    slug: 'private-key',
    fileName: 'key.pem',
    base64: bytes.toString('base64'),
  });
}
