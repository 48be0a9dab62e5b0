import type { ErrorDefinition } from './definition';

/** What can be wrong with the JSON that starts a workflow. Source: docs/configuration.md#workflow-inputs. */
export const inputErrors = {
  InvalidInput: {
    retryable: false,
    happened: 'The input of the workflow was refused and nothing was started.',
    cause: 'A field of the JSON object does not have the form that the workflow expects.',
    remedy: 'Start the workflow again with a corrected object.',
  },
} as const satisfies Record<string, ErrorDefinition>;
