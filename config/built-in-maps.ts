import type { FieldMapping, TemplateMap } from '../domain/template-maps';

type BuiltInField = readonly [
  ssField: string,
  akvKey: string,
  sensitive: boolean,
  more?: Partial<FieldMapping>,
];

/**
 * Maps for the five kinds of credentials that need no map file. Fields are named by their display names in a newly
 * installed Secret Server; each is also found by its slug. Source: Secret Server docs, "List of Built-in Secret
 * Templates". A map of template-maps.yaml for the same template takes the place of the built-in one.
 */
export const builtInMaps: readonly Omit<TemplateMap, 'syncDirection'>[] = [
  builtIn('Active Directory Account', [
    ['Username', 'username', false],
    ['Password', 'password', true],
    ['Domain', 'domain', false],
  ]),
  builtIn('Unix Account (SSH)', [
    ['Username', 'username', false],
    ['Password', 'password', true],
    // A file field with a PEM or OpenSSH key, so UTF-8.
    ['Private Key', 'private_key', true],
  ]),
  builtIn('SQL Server Account', [
    ['Server', 'server', false],
    // The template has no such field as installed; many installations add it.
    ['Database', 'database', false, { optional: true }],
    ['Username', 'username', false],
    ['Password', 'password', true],
  ]),
  builtIn('Azure Application Registration', [
    ['Client ID', 'clientId', false],
    ['Client Secret', 'clientSecret', true],
    ['Tenant ID', 'tenantId', false],
  ]),
  builtIn('Web Password', [
    ['URL', 'url', false],
    ['Username', 'username', false],
    ['Password', 'password', true],
  ]),
];

function builtIn(ssTemplate: string, fields: readonly BuiltInField[]): Omit<TemplateMap, 'syncDirection'> {
  return {
    ssTemplate,
    origin: 'built-in',
    contentType: 'application/json',
    fieldMap: fields.map(([ssField, akvKey, sensitive, more]) => ({
      ssField,
      akvKey,
      sensitive,
      typeCoerce: 'string',
      encoding: 'utf8',
      optional: false,
      ...more,
    })),
    externalSecretTags: {},
  };
}
