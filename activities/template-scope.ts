import type { SecretServerConnection } from '../adapters/secret-server/client';
import type { Folder } from '../adapters/secret-server/folders';
import { listTemplates, readTemplate } from '../adapters/secret-server/templates';
import { matchTemplates } from '../config/template-matching';
import type { ConnectorSettings } from '../domain/connectors';
import { SsakvError } from '../domain/errors/ssakv-error';
import { governedFolders } from '../domain/governed-folders';

/**
 * Checks a connector's sync rules and template maps against its Secret Server. Returns how many of both it found.
 * Errors: `FolderUnknown`, and the first problem of a map (`TemplateNotFound`, `TemplateFieldNotFound`, …).
 */
export async function templatesInScope(
  connection: SecretServerConnection,
  settings: ConnectorSettings,
  folders: readonly Folder[],
): Promise<{ readonly folders: number; readonly templates: number }> {
  const { searches, unknown } = governedFolders(settings.syncRules, folders);
  if (unknown.length > 0)
    throw new SsakvError('FolderUnknown', { detail: `The rules name: ${unknown.join(', ')}.` });
  const names = (await listTemplates(connection)).filter(({ active }) => active);
  const mapped = new Set(settings.templateMaps.map(({ ssTemplate }) => ssTemplate.toLowerCase()));
  const templates = await Promise.all(
    names.filter(({ name }) => mapped.has(name.toLowerCase())).map(({ id }) => readTemplate(connection, id)),
  );
  const { problems, matched } = matchTemplates(settings, templates);
  const [problem] = problems;
  if (problem !== undefined) {
    const more = problems.length > 1 ? ` There are ${problems.length - 1} more problems.` : '';
    throw new SsakvError(problem.code, {
      detail: `Template "${problem.template}": ${problem.detail}${more}`,
    });
  }
  return { folders: searches.length, templates: matched.length };
}
