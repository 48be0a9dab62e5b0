import { z } from 'zod';
import { orAbsent } from '../http/answers';
import { require200, type SecretServerConnection } from './client';
import { pages } from './paging';
import { parseSuccess } from './refusals';

export interface TemplateName {
  readonly id: number;
  readonly name: string;
  readonly active: boolean;
}

interface TemplateField {
  readonly fieldId: number;
  readonly name: string;
  readonly slug: string;
  readonly isPassword: boolean;
  readonly isFile: boolean;
  readonly isRequired: boolean;
}

export interface Template {
  readonly id: number;
  readonly name: string;
  readonly slug: string;
  readonly fields: readonly TemplateField[];
}

const nameAnswer = z.object({ id: z.number().int(), name: z.string(), active: orAbsent(z.boolean()) });

const fieldAnswer = z.object({
  secretTemplateFieldId: z.number().int(),
  name: z.string(),
  displayName: orAbsent(z.string()),
  fieldSlugName: z.string(),
  isPassword: z.boolean(),
  isFile: z.boolean(),
  isRequired: z.boolean(),
});

const templateAnswer = z.object({ id: z.number().int(), name: z.string(), fields: z.array(fieldAnswer) });

/** All templates by name. Errors: the `SecretServer…` codes. Source: GET v1/secret-templates. */
export async function listTemplates(connection: SecretServerConnection): Promise<readonly TemplateName[]> {
  const templates: TemplateName[] = [];
  const request = { operation: 'templates', method: 'GET', path: '/api/v1/secret-templates' } as const;
  for await (const records of pages(connection, request, nameAnswer)) {
    for (const { id, name, active } of records) templates.push({ id, name, active: active ?? true });
  }
  return templates;
}

/**
 * One template with its fields. Errors: the `SecretServer…` codes.
 *
 * v1 is missing from the published specification but is what the vendor's own SDKs call; v2 has no fields.
 */
export async function readTemplate(
  connection: SecretServerConnection,
  templateId: number,
): Promise<Template> {
  const path = `/api/v1/secret-templates/${templateId}`;
  const body = await require200(connection, { operation: 'template', method: 'GET', path });
  const { id, name, fields } = parseSuccess('template', body, templateAnswer);
  return { id, name, slug: templateSlug(name), fields: fields.map(toField) };
}

/** `Oracle Service Account` becomes `oracle-service-account`, as Secret Server makes the slugs of fields. */
export function templateSlug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

function toField(answer: z.infer<typeof fieldAnswer>): TemplateField {
  const { secretTemplateFieldId, fieldSlugName, isPassword, isFile, isRequired } = answer;
  const name =
    answer.displayName === undefined || answer.displayName === '' ? answer.name : answer.displayName;
  return { fieldId: secretTemplateFieldId, name, slug: fieldSlugName, isPassword, isFile, isRequired };
}
