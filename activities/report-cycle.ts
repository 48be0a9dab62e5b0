import type { CycleProblem, CycleReport } from '../domain/cycles';
import { auditHead } from '../ledger/audit';
import { closeCasesNotSeen } from '../ledger/cases';
import { closeCycle, getCycle, releaseCycleLease, type CycleOwner } from '../ledger/cycles';
import { closePlannedDecisions, countDecisionProblems } from '../ledger/decision-ends';
import { countDecisions, listDecisionProblems } from '../ledger/decisions';
import { problemReason } from '../domain/problem-reason';
import { SsakvError } from '../domain/errors/ssakv-error';
import type { SyncServices } from './services';

export interface ReportRequest {
  readonly cycleId: string;
  readonly connector: string;
  readonly owner: CycleOwner;
  readonly outcome: CycleReport['outcome'];
}

export interface ReportCycleActivities {
  reportCycle(request: ReportRequest): Promise<CycleReport>;
}

/** More would make the workflow's result long; the ledger has them all. */
const problemsReported = 50;

export function createReportCycleActivities(services: SyncServices): ReportCycleActivities {
  return {
    /**
     * Closes the cycle: what is still planned was not reached and is said so, cases that were not met again are closed,
     * the lease is given back. Returns the workflow's result. Running it twice is harmless.
     */
    async reportCycle({ cycleId, connector, owner, outcome }) {
      const { db } = services;
      if (outcome !== 'DryRun') await closePlannedDecisions(db, cycleId);
      const counts = await countDecisions(db, cycleId);
      const problems = await listDecisionProblems(db, cycleId, problemsReported);
      const cycle = await getCycle(db, cycleId);
      if (cycle === undefined) throw new SsakvError('CycleUnknown', { detail: `Id: ${cycleId}.` });
      await closeCycle(db, cycleId, { outcome, counts, calls: {} });
      if (outcome === 'Completed' && cycle.kind === 'full') await closeCasesNotSeen(db, connector, cycleId);
      await releaseCycleLease(db, connector, owner.runId);
      return {
        outcome,
        connector,
        cycleId,
        counts,
        calls: cycle.calls,
        problems: problems.map(toProblem),
        problemsInAll: await countDecisionProblems(db, cycleId),
        durationSeconds: Math.round((Date.now() - cycle.openedAt.getTime()) / 100) / 10,
        planHash: cycle.planHash,
        auditHead: await auditHead(db, connector),
      };
    },
  };
}

function toProblem(row: {
  secretId: number;
  externalName: string;
  state: string;
  code: string | undefined;
  detail: string | undefined;
}): CycleProblem {
  const { secretId, externalName, state, code = 'Unexpected', detail } = row;
  return { secretId, externalName, state, code, reason: problemReason(code, detail) };
}
