import { countDecisions, paginateDecisions } from '../../ledger/decisions';
import type { SyncServices } from '../services';

export interface PlanResult {
  /** Pages of planned decisions, and how many decisions they hold. */
  readonly pages: number;
  readonly planned: number;
  /** How many by `<decision>.<state>`; `none.done` counts the pairs that were looked at and found unchanged. */
  readonly counts: Readonly<Record<string, number>>;
  /** Over pair, decision and versions of what is planned. */
  readonly hash: string;
}

/** Decisions in one page of a plan: one activity of the apply step. */
const decisionsPerPage = 100;

/** Fixes the plan, if it is not fixed yet, and tells what it holds. */
export async function planResult(
  services: SyncServices,
  cycleId: string,
  unchanged: number,
): Promise<PlanResult> {
  const { pages, planned, hash } = await paginateDecisions(services.db, cycleId, decisionsPerPage);
  const counts = await countDecisions(services.db, cycleId);
  return { pages, planned, hash, counts: unchanged === 0 ? counts : { ...counts, 'none.done': unchanged } };
}
