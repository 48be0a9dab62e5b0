import type { SecretSummary } from '../../adapters/secret-server/summaries';
import type { ConnectorSettings } from '../../domain/connectors';
import { sourceStamp } from '../../domain/source-stamps';
import type { TemplateMap } from '../../domain/template-maps';
import type { SecretRow } from '../../ledger/scans';

/** The map of a template, by the template's name without regard to case. */
export function mapOfTemplate(settings: ConnectorSettings, templateName: string): TemplateMap | undefined {
  const wanted = templateName.toLowerCase();
  return settings.templateMaps.find((map) => map.ssTemplate.toLowerCase() === wanted);
}

/**
 * A summary as the ledger keeps it. `folderPath` as `A/B`; before 11.7 a summary has none, and the caller knows it from
 * the list of folders.
 */
export function secretRowOf(
  settings: ConnectorSettings,
  summary: SecretSummary,
  folderPath: string,
): SecretRow {
  const map = mapOfTemplate(settings, summary.templateName);
  return { ...summary, folderPath, stamp: sourceStamp({ summary: summary.stamp, folderPath }, map) };
}
