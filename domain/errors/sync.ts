import type { ErrorDefinition } from './definition';

export const syncErrors = {} as const satisfies Record<string, ErrorDefinition>;
