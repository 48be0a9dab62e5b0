import type { z } from 'zod';

export type Parsed<T> =
  | { readonly kind: 'parsed'; readonly value: T }
  /** `where` names the members that do not fit, never what they hold. */
  | { readonly kind: 'garbage'; readonly where: string };

/** Reads a JSON answer. Members that the schema does not know are dropped; an answer that does not fit is data. */
export function parseAnswer<T>(text: string, schema: z.ZodType<T>): Parsed<T> {
  const json = parseJson(text);
  if (json.kind === 'garbage') return json;
  const result = schema.safeParse(json.value);
  if (result.success) return { kind: 'parsed', value: result.data };
  const members = result.error.issues.slice(0, 5).map((issue) => issue.path.join('.') || 'the answer itself');
  return { kind: 'garbage', where: `Members that do not fit: ${members.join(', ')}.` };
}

function parseJson(text: string): Parsed<unknown> {
  try {
    return { kind: 'parsed', value: JSON.parse(text) as unknown };
  } catch {
    return { kind: 'garbage', where: 'The answer is not JSON.' };
  }
}

/** A member that may be left out or null, which both mean the same: undefined. */
export function orAbsent<T>(schema: z.ZodType<T>) {
  return schema.nullish().transform((value) => value ?? undefined);
}
