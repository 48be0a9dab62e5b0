import { randomText } from '../new-installation';
import { pageOf } from '../paging';
import { domainError, json } from '../replies';
import type { Call, Route } from '../routing';
import { accessDenied } from '../secret-access';
import type { Template, TemplateField } from '../state';
import type { World } from '../world';

/** SecretTemplateField. */
function fieldModel(field: TemplateField, sortOrder: number): object {
  return {
    secretTemplateFieldId: field.id,
    name: field.name,
    displayName: field.name,
    fieldSlugName: field.slug,
    description: field.name,
    isPassword: field.isPassword,
    isRequired: field.isRequired,
    isNotes: field.isNotes,
    isFile: field.isFile,
    isUrl: field.isUrl,
    isList: false,
    listType: 'None',
    isExpirationField: field.isPassword,
    isIndexable: !field.isPassword && !field.isFile,
    mustEncrypt: true,
    hideOnView: false,
    historyLength: 2147483647,
    sortOrder,
    editRequires: 'Edit',
    editablePermission: 2,
    passwordTypeFieldId: null,
    passwordRequirementId: field.isPassword ? 1 : null,
    generatePasswordLength: 0,
    generatePasswordCharacterSet: '',
  };
}

function summaryOf(world: World) {
  return ({ id, name }: Template): object => ({
    id,
    name,
    active: true,
    passwordTypeId: null,
    secretCount: [...world.secrets.values()].filter((secret) => secret.templateId === id).length,
  });
}

function namedTemplate({ world, params }: Call, name: string): Template {
  const template = world.templates.get(Number(params[name]));
  if (!template) throw accessDenied(world);
  return template;
}

function list({ world, query }: Call): Response {
  const text = query.text('searchText')?.toLowerCase() ?? '';
  const found = [...world.templates.values()].filter((template) =>
    template.name.toLowerCase().includes(text),
  );
  return json(pageOf(found, query, summaryOf(world)));
}

function get(call: Call): Response {
  const template = namedTemplate(call, 'id');
  return json({
    id: template.id,
    name: template.name,
    passwordTypeId: null,
    fields: template.fields.map(fieldModel),
  });
}

function getWithoutFields(call: Call): Response {
  return json({ ...summaryOf(call.world)(namedTemplate(call, 'id')), concurrencyId: '' });
}

function searchFields({ world, query }: Call): Response {
  const templateId = query.integer('secretTemplateId');
  const templates = [...world.templates.values()].filter(
    ({ id }) => templateId === undefined || id === templateId,
  );
  const text = query.text('searchText')?.toLowerCase() ?? '';
  const models = templates
    .flatMap(({ fields }) => fields.map((field, index) => ({ field, model: fieldModel(field, index) })))
    .filter(({ field }) => field.name.toLowerCase().includes(text));
  return json(pageOf(models, query, ({ model }) => model));
}

function basicFields(call: Call): Response {
  const fields = namedTemplate(call, 'templateId').fields;
  return json(fields.map((field) => ({ id: field.id, name: field.name, slug: field.slug })));
}

function generatePassword({ world, params }: Call): Response {
  const fields = [...world.templates.values()].flatMap((template) => template.fields);
  const field = fields.find((candidate) => candidate.id === Number(params['fieldId']));
  if (field?.isPassword !== true) throw domainError('API_InvalidField', 'The field is not a password field.');
  return json(`${randomText(12)}aA1!`);
}

const operation = 'templates';

/** Routes of secret templates. */
export const templateRoutes: readonly Route[] = [
  ...(['v1', 'v2'] as const).map((version): Route => ({
    method: 'GET',
    path: `/api/${version}/secret-templates`,
    operation,
    handle: list,
  })),
  { method: 'GET', path: '/api/v1/secret-templates/{id}', operation, handle: get },
  { method: 'GET', path: '/api/v2/secret-templates/{id}', operation, handle: getWithoutFields },
  { method: 'GET', path: '/api/v1/secret-templates/fields/search', operation, handle: searchFields },
  {
    method: 'GET',
    path: '/api/v1/secret-templates/fields/basic/{templateId}',
    operation,
    handle: basicFields,
  },
  {
    method: 'POST',
    path: '/api/v1/secret-templates/generate-password/{fieldId}',
    operation,
    readsOnly: true,
    handle: generatePassword,
  },
];
