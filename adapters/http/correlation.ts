import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<string>();

/**
 * Runs `work` so that every HTTP call made inside it, each page and each repetition included, carries `id`.
 *
 * `id` is a UUID: the operation id of a write, or the cycle's id for scans. Azure writes the header
 * `x-ms-client-request-id` into the vault's diagnostic log, which is what joins both audit trails.
 * Source: https://learn.microsoft.com/azure/key-vault/general/logging.
 */
export function withCorrelationId<T>(id: string, work: () => Promise<T>): Promise<T> {
  return current.run(id, work);
}

/** The id of the innermost `withCorrelationId`, or undefined outside of one. */
export function correlationId(): string | undefined {
  return current.getStore();
}
