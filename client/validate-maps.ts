import { openConnections } from '../adapters/connections';
import type { SecretServerConnection } from '../adapters/secret-server/client';
import { listFolders } from '../adapters/secret-server/folders';
import { searchSecrets } from '../adapters/secret-server/summaries';
import { listTemplates, readTemplate, type Template } from '../adapters/secret-server/templates';
import type { RuntimeSettings } from '../config/runtime-settings';
import { matchTemplates, type TemplateMatch } from '../config/template-matching';
import type { ConnectorSettings } from '../domain/connectors';

const summaryPage = 500;

/**
 * Compares a connector's template maps with the real templates of its Secret Server, and finds templates that governed
 * secrets use but no map covers.
 *
 * @throws SsakvError those of reading credentials and of Secret Server
 */
export async function validateMaps(
  connector: ConnectorSettings,
  settings: RuntimeSettings,
): Promise<TemplateMatch<Template>> {
  const requestTimeoutMs = settings.timings.requestTimeoutSeconds * 1000;
  const { secretServer } = await openConnections(connector, {
    baseDirectory: settings.baseDirectory,
    requestTimeoutMs,
  });
  const inScope = await templatesInScope(secretServer, connector);
  const templates: Template[] = [];
  for (const { id } of await listTemplates(secretServer))
    templates.push(await readTemplate(secretServer, id));
  return matchTemplates(connector, templates, inScope);
}

async function templatesInScope(
  secretServer: SecretServerConnection,
  { syncRules }: ConnectorSettings,
): Promise<ReadonlySet<number>> {
  const known = await listFolders(secretServer);
  const found = new Set<number>();
  for (const rule of syncRules) {
    const folder = known.find(({ path }) => path.toLowerCase() === rule.folder.toLowerCase());
    if (folder === undefined) continue;
    const { includeSubfolders } = rule;
    const search = { folderId: folder.id, includeSubfolders, includeInactive: false, take: summaryPage };
    for await (const page of searchSecrets(secretServer, search)) {
      for (const { templateId } of page) found.add(templateId);
    }
  }
  return found;
}
