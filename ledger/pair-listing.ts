import { sql } from 'kysely';
import { foldName } from '../domain/names';
import { isProblem } from './decision-rows';
import { pairColumns, pairOf, type PairRow } from './pair-rows';
import type { Pair } from './pairs';
import type { LedgerDatabase } from './schema';

export interface PairFilter {
  readonly connector?: string;
  readonly secretId?: number;
  /** Compared without regard to case. */
  readonly externalName?: string;
}

export interface PairListing {
  readonly pair: Pair;
  /** The secret's name as last seen, if it was. */
  readonly secretName: string | undefined;
  readonly folderPath: string | undefined;
  readonly lastReadAt: Date | undefined;
  readonly intentOpen: boolean;
  /** What the newest cycles found that keeps the secret from being in step, if anything does. */
  readonly problem: PairProblem | undefined;
}

export interface PairProblem {
  /** `held`, `parked`, `failed` or `reported`. */
  readonly state: string;
  readonly code: string;
  readonly detail: string | undefined;
}

/** Pairs for people to look at, by id after `afterPairId`. */
export async function listPairs(
  db: LedgerDatabase,
  filter: PairFilter,
  afterPairId: number,
  limit: number,
): Promise<readonly PairListing[]> {
  const { connector = null, secretId = null, externalName } = filter;
  const folded = externalName === undefined ? null : foldName(externalName);
  const { rows } = await sql<PairRow & ListingColumns>`
    select ${pairColumns}, s.name as secret_name, s.folder_path, p.last_read_at,
           exists (select 1 from intent i where i.pair_id = p.id and i.closed_at is null) as intent_open,
           latest.state as problem_state, latest.code as problem_code, latest.detail as problem_detail
    from pair p
    left join lease l on l.key = 'pair:' || p.id
    left join secret s on s.connector = p.connector and s.secret_id = p.secret_id
    left join lateral (${latestDecision}) latest on latest.is_problem
    where p.id > ${afterPairId}
      and (${connector}::text is null or p.connector = ${connector})
      and (${secretId}::integer is null or p.secret_id = ${secretId})
      and (${folded}::text is null or p.folded_name = ${folded})
    order by p.id limit ${limit}`.execute(db);
  return rows.map((row) => ({
    pair: pairOf(row),
    secretName: row.secret_name ?? undefined,
    folderPath: row.folder_path ?? undefined,
    lastReadAt: row.last_read_at ?? undefined,
    intentOpen: row.intent_open,
    problem: problemOf(row),
  }));
}

/**
 * The newest decision about the pair `p`, from the newest whole cycle on: a later sync of single secrets may have
 * settled what that cycle met, and a cycle before it says nothing any more.
 */
const latestDecision = sql`
  select d.state, d.code, d.detail, (${isProblem}) as is_problem
  from cycle c join decision d on d.cycle_id = c.id and d.pair_id = p.id
  where c.connector = p.connector and c.closed_at is not null and not c.dry_run
    and c.opened_at >= (select max(whole.opened_at) from cycle whole
                        where whole.connector = p.connector and whole.kind = 'full' and whole.outcome = 'Completed'
                          and not whole.dry_run)
  order by c.opened_at desc limit 1`;

function problemOf(row: ListingColumns): PairProblem | undefined {
  if (row.problem_state === null) return undefined;
  return {
    state: row.problem_state,
    code: row.problem_code,
    detail: row.problem_detail ?? undefined,
  };
}

interface ListingColumns {
  secret_name: string | null;
  folder_path: string | null;
  last_read_at: Date | null;
  intent_open: boolean;
  problem_state: string | null;
  problem_code: string;
  problem_detail: string | null;
}
