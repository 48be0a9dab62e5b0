import { z } from 'zod';
import { SsakvError } from '../../domain/errors/ssakv-error';
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
    skip = nextSkip(request.operation, skip, page);
  }
}

interface Page {
  readonly records: readonly unknown[];
  readonly hasNext: boolean;
  readonly nextSkip: number | undefined;
}

/** Where the next page starts; a server that leads back would be listed for ever. */
function nextSkip(operation: string, skip: number, page: Page): number | undefined {
  if (!page.hasNext || page.records.length === 0) return undefined;
  const next = page.nextSkip ?? skip + page.records.length;
  if (next > skip) return next;
  throw new SsakvError('SecretServerAnsweredGarbage', {
    detail: `The call was secretServer.${operation}. A page at ${skip} names ${next} as next.`,
  });
}
