import { z } from 'zod';

const id = z.int().min(1);
const name = z.string().min(1);
/** The account in whose name an edit is made; the administrator when left out. */
const user = z.string().min(1).optional();
const fields = z.record(z.string(), z.string());
const access = z.enum(['none', 'view', 'edit', 'owner', 'inherit']);

const templateField = z.strictObject({
  name,
  kind: z.enum(['text', 'password', 'notes', 'file', 'url']).default('text'),
  isRequired: z.boolean().default(false),
});

/**
 * What tests may do to the world behind the REST interface's back. `fields` go by slug. Every change of a secret
 * writes the audit row that the same change through the product would write.
 */
export const worldEditSchema = z.discriminatedUnion('edit', [
  z.strictObject({ edit: z.literal('createFolder'), path: name }),
  z.strictObject({ edit: z.literal('renameFolder'), folderId: id, name }),
  z.strictObject({ edit: z.literal('setFolderAccess'), folderId: id, user: name, access }),
  z.strictObject({ edit: z.literal('createSecret'), folderId: id, template: name, name, fields, user }),
  z.strictObject({
    edit: z.literal('createSecrets'),
    folderId: id,
    template: name,
    count: z.int().min(1).max(100_000),
    namePrefix: name.default('bulk'),
    valuePrefix: name.optional(),
    user,
  }),
  z.strictObject({ edit: z.literal('setFields'), secretId: id, fields, user }),
  z.strictObject({
    edit: z.literal('setFile'),
    secretId: id,
    slug: name,
    fileName: name,
    base64: z.base64(),
    user,
  }),
  z.strictObject({ edit: z.literal('rename'), secretId: id, name, user }),
  z.strictObject({ edit: z.literal('move'), secretId: id, folderId: id, user }),
  z.strictObject({ edit: z.literal('deactivate'), secretId: id, user }),
  z.strictObject({ edit: z.literal('activate'), secretId: id, user }),
  z.strictObject({
    edit: z.literal('setSecurity'),
    secretId: id,
    checkOutEnabled: z.boolean().optional(),
    requiresComment: z.boolean().optional(),
    requiresApproval: z.boolean().optional(),
    doubleLocked: z.boolean().optional(),
    approvedFor: z.array(name).optional(),
  }),
  z.strictObject({
    edit: z.literal('checkOut'),
    secretId: id,
    user,
    minutes: z.number().positive().default(30),
  }),
  z.strictObject({ edit: z.literal('checkIn'), secretId: id, user }),
  z.strictObject({
    edit: z.literal('configurePasswordChanges'),
    delayMs: z.int().min(0).nullable().optional(),
    failNext: z.int().min(0).optional(),
  }),
  z.strictObject({
    edit: z.literal('startPasswordChange'),
    secretId: id,
    newPassword: name.optional(),
    user,
  }),
  z.strictObject({ edit: z.literal('finishPasswordChange'), secretId: id, succeeded: z.boolean() }),
  z.strictObject({ edit: z.literal('setVersion'), version: z.string().regex(/^\d+\.\d+\.\d+$/) }),
  z.strictObject({ edit: z.literal('setReadOnly'), enabled: z.boolean() }),
  z.strictObject({ edit: z.literal('setChangesReport'), installed: z.boolean() }),
  z.strictObject({
    edit: z.literal('setAccessDeniedStatus'),
    status: z.union([z.literal(400), z.literal(403)]),
  }),
  z.strictObject({
    edit: z.literal('setSessions'),
    minutes: z.number().positive().optional(),
    refreshTokens: z.boolean().optional(),
    maximumRefreshes: z.int().min(0).optional(),
  }),
  z.strictObject({ edit: z.literal('revokeTokens') }),
  z.strictObject({ edit: z.literal('addTemplate'), name, fields: z.array(templateField).min(1) }),
  z.strictObject({
    edit: z.literal('addAccount'),
    user: name,
    password: name.optional(),
    domain: z.string().default(''),
  }),
]);

export type WorldEdit = z.infer<typeof worldEditSchema>;

/** One kind of edit. */
export type WorldEditOf<K extends WorldEdit['edit']> = Extract<WorldEdit, { edit: K }>;

/** An edit that names something the world does not have, in the form in which shape errors come. */
export function editError(path: string, message: string): z.ZodError {
  return new z.ZodRealError([{ code: 'custom', path: [path], message, input: undefined }]);
}
