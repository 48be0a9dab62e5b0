import { z } from 'zod';
import { badParameter, invalidProperty } from './errors';

// learn.microsoft.com/azure/key-vault/secrets/about-secrets and .../general/service-limits. The documents disagree
// on the length of tags (256 and 512); the smaller is kept. "25 KB" is read as 25,000 bytes.
const MAX_VALUE_BYTES = 25_000;
const MAX_TAGS = 15;
const MAX_TAG_LENGTH = 256;
const MAX_CONTENT_TYPE_LENGTH = 255;
const NAME_PATTERN = /^[0-9a-zA-Z-]{1,127}$/;

/** The data-plane API versions that are accepted; between them nothing that is served here differs. */
const API_VERSIONS = [
  '7.4',
  '7.5',
  '7.6-preview.2',
  '7.6',
  '2025-06-01-preview',
  '2025-07-01',
  '2026-01-01-preview',
  '2026-03-01-preview',
  '2026-04-01',
];

const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

const attributesSchema = z.object({
  enabled: optional(z.boolean()),
  nbf: optional(z.int()),
  exp: optional(z.int()),
});
const tagsSchema = z
  .record(z.string().max(MAX_TAG_LENGTH), z.string().max(MAX_TAG_LENGTH))
  .refine((tags) => Object.keys(tags).length <= MAX_TAGS);
// A null member counts as absent, and members that the service does not know are ignored.
const updateSchema = z.object({
  contentType: optional(z.string().max(MAX_CONTENT_TYPE_LENGTH)),
  attributes: optional(attributesSchema),
  tags: optional(tagsSchema),
});
const setSchema = updateSchema.extend({
  value: z.string().refine((value) => Buffer.byteLength(value, 'utf8') <= MAX_VALUE_BYTES),
});

export type UpdateBody = z.infer<typeof updateSchema>;
export type SetBody = z.infer<typeof setSchema>;

/** Reads the body of a set; throws `BadParameter` when it breaks a limit. */
export async function readSetBody(request: Request): Promise<SetBody> {
  return read(setSchema, request);
}

/** Reads the body of an update; throws `BadParameter` when it breaks a limit. */
export async function readUpdateBody(request: Request): Promise<UpdateBody> {
  return read(updateSchema, request);
}

async function read<T>(schema: z.ZodType<T>, request: Request): Promise<T> {
  const parsed = schema.safeParse(parseJson(await request.text()));
  if (!parsed.success) throw invalidProperty();
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Throws `BadParameter` for a name outside `^[0-9a-zA-Z-]{1,127}$`. */
export function requireName(name: string): void {
  // Text quoted in the integration tests of Azure/azure-sdk-for-rust and many issue threads.
  if (!NAME_PATTERN.test(name)) throw badParameter(`The request URI contains an invalid name: ${name}`);
}

/** The `api-version` of a call (also sent as `api%2Dversion`); throws `BadParameter` when missing or unknown. */
export function requireApiVersion(url: URL): string {
  const version = url.searchParams.get('api-version');
  if (!version) throw badParameter('The api-version query parameter is required.');
  if (!API_VERSIONS.includes(version)) {
    // Text as in Azure/azure-sdk-for-python #28595.
    const newest = API_VERSIONS.at(-1);
    throw badParameter(
      `The specified version (${version}) is not recognized. Consider using the latest supported version (${newest}).`,
    );
  }
  return version;
}
