import type { ErrorDefinition } from './definition';

export const configurationErrors = {} as const satisfies Record<string, ErrorDefinition>;
