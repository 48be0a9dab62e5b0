import type { ErrorDefinition } from './definition';

export const secretServerErrors = {} as const satisfies Record<string, ErrorDefinition>;
