import { z } from 'zod';
import { orAbsent } from '../http/answers';
import { require200, type SecretServerConnection } from './client';
import { parseSuccess } from './refusals';
import type { SecretServerRequest } from './send';

/** Most records that are asked for at once; more than that has been slow on real servers. */
const pageSize = 500;

/**
 * All pages of a listing, ordered by id so that a page boundary means the same in every request.
 *
 * Source: Secret Server REST API, `PagingOf…`: only `hasNext` and `nextSkip` are relied on.
 */
export async function* pages<T>(
  connection: SecretServerConnection,
  request: SecretServerRequest,
  record: z.ZodType<T>,
  take = pageSize,
): AsyncIterable<readonly T[]> {
  const schema = z.object({
    records: z.array(record),
    hasNext: z.boolean(),
    nextSkip: orAbsent(z.number().int()),
  });
  const order = { 'sortBy[0].name': 'id', 'sortBy[0].direction': 'asc' };
  let skip: number | undefined = 0;
  while (skip !== undefined) {
    request.signal?.throwIfAborted();
    const query: Record<string, string | number | boolean> = { ...request.query, ...order, take, skip };
    const page = parseSuccess(request.operation, await require200(connection, { ...request, query }), schema);
    yield page.records;
    skip =
      page.hasNext && page.records.length > 0 ? (page.nextSkip ?? skip + page.records.length) : undefined;
  }
}
