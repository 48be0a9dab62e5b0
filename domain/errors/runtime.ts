import type { ErrorDefinition } from './definition';

export const runtimeErrors = {} as const satisfies Record<string, ErrorDefinition>;
