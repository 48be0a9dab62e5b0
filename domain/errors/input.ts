import type { ErrorDefinition } from './definition';

export const inputErrors = {} as const satisfies Record<string, ErrorDefinition>;
