import { z } from 'zod';
import { SsakvError } from '../../../domain/errors/ssakv-error';
import { orAbsent, parseAnswer } from '../../http/answers';

/** Times are whole seconds since 1970; members that are empty are absent. Source: Key Vault REST 2025-07-01. */
const seconds = z.number().int();

const attributes = z.object({
  enabled: z.boolean(),
  created: seconds,
  updated: seconds,
  exp: orAbsent(seconds),
  nbf: orAbsent(seconds),
});

const identifier = z.url().transform((id, context) => {
  const [, collection, name, version] = new URL(id).pathname.split('/');
  if (collection === undefined || name === undefined || name === '') {
    context.addIssue({ code: 'custom', message: 'no secret identifier' });
    return z.NEVER;
  }
  return { name, version: version ?? '' };
});

const item = z.object({
  id: identifier,
  attributes,
  contentType: orAbsent(z.string()),
  tags: orAbsent(z.record(z.string(), z.string())),
  managed: orAbsent(z.boolean()),
});

export type SecretItem = z.infer<typeof item>;

/** A page may be empty and still have a next link. */
export const itemPage = z.object({ value: z.array(item).nullable(), nextLink: orAbsent(z.string()) });

export const secretBundle = item.extend({ value: z.string() });

/** The answer of a write, and of a read of a deleted secret: everything but the value. */
export const writtenBundle = item;

/** Reads a success. Error: `KeyVaultAnsweredGarbage`. */
export function parseSuccess<T>(operation: string, text: string, schema: z.ZodType<T>): T {
  const answer = parseAnswer(text, schema);
  if (answer.kind === 'parsed') return answer.value;
  throw new SsakvError('KeyVaultAnsweredGarbage', {
    detail: `The call was keyVault.${operation}. ${answer.where}`,
  });
}
