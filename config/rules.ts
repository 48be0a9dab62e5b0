import { z } from 'zod';
import type { RuleParams } from './checking';

type RuleIssue = RuleParams & { readonly path?: readonly (string | number)[] };

/** Adds one issue that carries a code and our own words; `check` turns it into a Problem. */
export function addRuleIssue(context: z.core.$RefinementCtx, issue: RuleIssue): void {
  const { path = [], ...params } = issue;
  context.addIssue({ code: 'custom', path: [...path], params, input: undefined });
}

/**
 * A schema whose value is read by `read`, which returns the value or the issues that stand against it.
 * Used where a union of schemas would report every branch instead of the one that was meant.
 */
export function readBy<T>(
  read: (value: unknown) => { readonly value: T } | { readonly issues: readonly RuleIssue[] },
): z.ZodType<T> {
  return z.unknown().transform((value, context): T => {
    const result = read(value);
    if ('value' in result) return result.value;
    for (const issue of result.issues) addRuleIssue(context, issue);
    return z.NEVER;
  });
}

/** A text of the given form. */
export function text(pattern: RegExp): z.ZodString {
  return z.string().regex(pattern);
}

/** A whole number within bounds, both included. */
export function whole(minimum: number, maximum: number): z.ZodNumber {
  return z.number().int().min(minimum).max(maximum);
}
