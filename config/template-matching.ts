import { fieldFor } from '../domain/canonical-values';
import type { ConnectorSettings } from '../domain/connectors';
import type { ErrorCode } from '../domain/errors/catalogue';
import type { FieldMapping, TemplateMap } from '../domain/template-maps';
import { nearestName } from './shown-values';

/** A template as Secret Server describes it. */
export interface ServerTemplate {
  readonly id: number;
  readonly name: string;
  readonly fields: readonly ServerField[];
}

export interface ServerField {
  readonly name: string;
  readonly slug: string;
  readonly isFile: boolean;
}

export interface TemplateProblem {
  readonly code: ErrorCode;
  readonly template: string;
  /** The field as the map has it, where the problem is about one. */
  readonly field?: string;
  /** One sentence with what was found and what is near. */
  readonly detail: string;
}

export interface MatchedTemplate<Template extends ServerTemplate> {
  readonly map: TemplateMap;
  readonly template: Template;
}

export interface TemplateMatch<Template extends ServerTemplate> {
  readonly problems: readonly TemplateProblem[];
  readonly matched: readonly MatchedTemplate<Template>[];
  readonly withoutMap: readonly Template[];
}

/**
 * Compares the connector's maps with the templates of its Secret Server.
 *
 * Names are compared without regard to case; fields by slug first, then by display name, as values are read. A built-in map whose template
 * the server does not have is no problem; one of the file is. `withoutMap` are those of `inScope` (ids; all templates
 * when left out) whose secrets cannot be synchronised.
 */
export function matchTemplates<Template extends ServerTemplate>(
  settings: Pick<ConnectorSettings, 'displayName' | 'templateMaps' | 'syncRules'>,
  templates: readonly Template[],
  inScope?: ReadonlySet<number>,
): TemplateMatch<Template> {
  const problems: TemplateProblem[] = [];
  const matched: MatchedTemplate<Template>[] = [];
  if (settings.syncRules.length === 0) problems.push(noFolder(settings.displayName));
  for (const map of settings.templateMaps) {
    const template = templates.find((each) => sameName(each.name, map.ssTemplate));
    if (template !== undefined) {
      matched.push({ map, template });
      problems.push(...map.fieldMap.flatMap((mapping) => fieldProblems(map, mapping, template)));
    } else if (map.origin === 'file') {
      problems.push(templateProblem(map.ssTemplate, templates));
    }
  }
  const mapped = new Set(matched.map(({ template }) => template.id));
  const withoutMap = templates.filter(
    ({ id }) => !mapped.has(id) && (inScope === undefined || inScope.has(id)),
  );
  return { problems, matched, withoutMap };
}

function fieldProblems(map: TemplateMap, mapping: FieldMapping, template: ServerTemplate): TemplateProblem[] {
  const place = { template: map.ssTemplate, field: mapping.ssField };
  const field = fieldFor(mapping, template.fields);
  if (field === undefined) {
    return mapping.optional
      ? []
      : [{ ...place, code: 'TemplateFieldNotFound', detail: unknownField(mapping, template) }];
  }
  const unfit = (detail: string): TemplateProblem[] => [{ ...place, code: 'TemplateFieldUnfit', detail }];
  const subject = `The field "${field.name}" of the template "${template.name}"`;
  if (field.isFile && mapping.typeCoerce !== 'string') {
    return unfit(`${subject} is a file and cannot become a ${mapping.typeCoerce}.`);
  }
  return !field.isFile && mapping.encoding === 'base64'
    ? unfit(`${subject} is no file, so it has no encoding.`)
    : [];
}

function unknownField(mapping: FieldMapping, template: ServerTemplate): string {
  const names = template.fields.flatMap((field) => [field.name, field.slug]);
  const nearest = nearestName(mapping.ssField, names);
  const hint = nearest === undefined ? '' : ` Nearest: "${nearest}".`;
  const all = template.fields.map((field) => `"${field.name}" (${field.slug})`).join(', ');
  return `The template "${template.name}" has no field "${mapping.ssField}".${hint} It has: ${all || 'no field'}.`;
}

function templateProblem(name: string, templates: readonly ServerTemplate[]): TemplateProblem {
  const nearest = nearestName(
    name,
    templates.map((template) => template.name),
  );
  const hint = nearest === undefined ? '' : ` Nearest: "${nearest}".`;
  const detail = `Secret Server has no template "${name}" among the ${templates.length} that this account sees.${hint}`;
  return { code: 'TemplateNotFound', template: name, detail };
}

function noFolder(displayName: string): TemplateProblem {
  const detail = `The file template-maps.yaml has no entry of sync_rules for the connector ${displayName}.`;
  return { code: 'NoFolderGoverned', template: '', detail };
}

function sameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
