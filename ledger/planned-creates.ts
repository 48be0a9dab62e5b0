import { sql } from 'kysely';
import { foldName } from '../domain/names';
import { toJson } from './json';
import type { LedgerDatabase } from './schema';

/** A planned decision that would make a secret of a new name. */
export interface PlannedCreate {
  readonly pairId: number;
  readonly secretId: number;
  readonly externalName: string;
}

/** The cycle's planned creates by pair id after `afterPairId`. */
export async function listPlannedCreates(
  db: LedgerDatabase,
  cycleId: string,
  afterPairId: number,
  limit: number,
): Promise<readonly PlannedCreate[]> {
  const { rows } = await sql<PlannedCreate>`
    ${plannedCreates(cycleId)} and d.pair_id > ${afterPairId} order by d.pair_id limit ${limit}`.execute(db);
  return rows;
}

/** Those of the cycle's planned creates that would take one of these names, compared without regard to case. */
export async function plannedCreatesNamed(
  db: LedgerDatabase,
  cycleId: string,
  names: readonly string[],
): Promise<readonly PlannedCreate[]> {
  if (names.length === 0) return [];
  const { rows } = await sql<PlannedCreate>`
    ${plannedCreates(cycleId)}
      and p.folded_name in (select jsonb_array_elements_text(${toJson(names.map(foldName))}::jsonb))
    order by d.pair_id`.execute(db);
  return rows;
}

function plannedCreates(cycleId: string) {
  return sql`
    select d.pair_id as "pairId", d.secret_id as "secretId", p.external_name as "externalName"
    from decision d join pair p on p.id = d.pair_id
    where d.cycle_id = ${cycleId} and d.decision = 'create' and d.state = 'planned'`;
}
