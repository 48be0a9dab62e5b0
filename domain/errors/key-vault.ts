import type { ErrorDefinition } from './definition';

export const keyVaultErrors = {} as const satisfies Record<string, ErrorDefinition>;
