import type { Template, TemplateField } from './state';

type FieldKind = 'text' | 'password' | 'notes' | 'file' | 'url';

/** Slugs are made from names: lower case, runs of other characters as one dash (vendor docs, "field slug name"). */
function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** One field of a template. */
export function templateField(id: number, name: string, kind: FieldKind, isRequired: boolean): TemplateField {
  return {
    id,
    name,
    slug: slugOf(name),
    isPassword: kind === 'password',
    isRequired,
    isNotes: kind === 'notes',
    isFile: kind === 'file',
    isUrl: kind === 'url',
  };
}

const field = templateField;

/**
 * The templates of a new installation. Ids 6001, 6003 and 6007 with their field ids are the vendor's own
 * (Secret Server docs, "list of built-in secret templates", and captured answers); the other ids vary between
 * installations and are ours, so clients must find those templates by name.
 */
export const builtInTemplates: readonly Template[] = [
  {
    id: 6001,
    name: 'Active Directory Account',
    fields: [
      field(87, 'Domain', 'text', true),
      field(90, 'Username', 'text', true),
      field(89, 'Password', 'password', true),
      field(88, 'Notes', 'notes', false),
    ],
  },
  {
    id: 6003,
    name: 'Windows Account',
    fields: [
      field(83, 'Machine', 'text', true),
      field(86, 'Username', 'text', true),
      field(85, 'Password', 'password', true),
      field(84, 'Notes', 'notes', false),
    ],
  },
  {
    id: 6007,
    name: 'Unix Account (SSH)',
    fields: [
      field(108, 'Machine', 'text', true),
      field(111, 'Username', 'text', true),
      field(110, 'Password', 'password', false),
      field(109, 'Notes', 'notes', false),
      field(189, 'Private Key', 'file', false),
      field(190, 'Private Key Passphrase', 'password', false),
    ],
  },
  {
    id: 6051,
    name: 'SQL Server Account',
    fields: [
      field(501, 'Server', 'text', true),
      field(502, 'Username', 'text', true),
      field(503, 'Password', 'password', true),
      field(504, 'Notes', 'notes', false),
    ],
  },
  {
    id: 6052,
    name: 'Azure Application Registration',
    fields: [
      field(511, 'Client ID', 'text', true),
      field(512, 'Client Secret', 'password', true),
      field(513, 'Tenant ID', 'text', true),
    ],
  },
  {
    id: 6053,
    name: 'Web Password',
    fields: [
      field(521, 'URL', 'url', false),
      field(522, 'Username', 'text', true),
      field(523, 'Password', 'password', true),
      field(524, 'Notes', 'notes', false),
    ],
  },
  {
    id: 6101,
    name: 'Oracle Service Account',
    fields: [
      field(601, 'Username', 'text', true),
      field(602, 'Password', 'password', true),
      field(603, 'Server', 'text', true),
      field(604, 'Port', 'text', false),
      field(605, 'Notes', 'notes', false),
    ],
  },
];
