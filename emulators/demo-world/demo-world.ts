import { ensureFolder, folderAt } from '../secret-server/folder-tree';
import { administratorName } from '../secret-server/new-installation';
import type { SecretServerStandIn } from '../secret-server/secret-server';
import { createSecret, fieldNamed, putFile } from '../secret-server/secret-store';
import type { Account } from '../secret-server/state';
import type { World } from '../secret-server/world';
import { demoSecrets, governedFolder, type DemoSecret } from './demo-secrets';

/** What a client needs to know to work with the demo. */
export interface SecretServerFacts {
  readonly username: string;
  readonly password: string;
  /** The top of the governed folder tree; absent without the demo's folders. */
  readonly folderId?: number;
}

/** Fills a new installation with the demo: 40 secrets over the mapped templates in a small tree of folders. */
export function seedDemoWorld(secretServer: SecretServerStandIn): void {
  const { world } = secretServer;
  const account = world.accountNamed(administratorName);
  if (!account) throw new Error(`there is no account ${administratorName}`);
  const secrets = demoSecrets();
  // Two rows at most for each secret: its creation and its file.
  world.stampFromThePast(secrets.length * 2, () => {
    for (const secret of secrets) addSecret(world, account, secret);
  });
}

function addSecret(world: World, account: Account, demo: DemoSecret): void {
  const template = world.templateNamed(demo.template);
  if (!template) throw new Error(`there is no template ${demo.template}`);
  const secret = createSecret(world, account, {
    name: demo.name,
    templateId: template.id,
    folderId: ensureFolder(world, demo.folder).id,
    values: Object.entries(demo.fields).map(([slug, value]) => ({ slug, value })),
  });
  for (const [slug, file] of Object.entries(demo.files ?? {})) {
    const field = fieldNamed(template, slug);
    if (field) putFile(world, secret, account, { field, name: file.name, bytes: Buffer.from(file.text) });
  }
}

/** The account of the ready line, and the governed folder where the demo has been seeded. */
export function secretServerFacts(secretServer: SecretServerStandIn): SecretServerFacts {
  const { userName, password } = secretServer.serviceAccount;
  const folder = folderAt(secretServer.world, governedFolder);
  return { username: userName, password, ...(folder ? { folderId: folder.id } : {}) };
}
