import type { ErrorDefinition } from './definition';

export const entraErrors = {} as const satisfies Record<string, ErrorDefinition>;
