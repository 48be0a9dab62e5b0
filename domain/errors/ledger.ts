import type { ErrorDefinition } from './definition';

export const ledgerErrors = {} as const satisfies Record<string, ErrorDefinition>;
