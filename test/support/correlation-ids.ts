import { sql } from 'kysely';
import type { CallEntry } from '../../emulators/frame/call-log';
import { allHistories } from './histories';
import type { SyncWorld } from './sync-world';

/** The calls whose `x-ms-client-request-id` names no cycle, no audit entry and no run of a workflow. */
export async function callsWithUnknownId(
  world: SyncWorld,
  calls: readonly CallEntry[],
): Promise<readonly string[]> {
  const known = await sql<{ id: string }>`
    select id::text from cycle union select correlation_id from audit`.execute(world.ledger);
  const runs = (await allHistories(world.temporal)).map(({ runId }) => runId);
  const ids = new Set([...known.rows.map(({ id }) => id), ...runs]);
  return calls
    .filter(({ clientRequestId }) => !ids.has(clientRequestId ?? ''))
    .map(({ operation, path }) => `${operation} ${path}`);
}
