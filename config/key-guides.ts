import type { KeyGuide } from './checking';

/** A key that takes one of a few texts; a refused text is repeated only when it comes close to one of them. */
export function choice(oneOf: readonly string[], example: string): KeyGuide {
  return { expected: `one of ${oneOf.join(', ')}`, example, shown: 'nearMiss', oneOf };
}

/** A key that takes a number. */
export function number(expected: string, example: string): KeyGuide {
  return { expected, example, shown: 'nearMiss' };
}

/** A key that takes true or false. */
export function trueOrFalse(example: string): KeyGuide {
  return { expected: 'true or false', example, shown: 'nearMiss', oneOf: ['true', 'false', 'yes', 'no'] };
}
