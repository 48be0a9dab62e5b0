import { Context } from '@temporalio/activity';
import { withCorrelationId } from '../../adapters/http/correlation';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { findMovedPairs, type MoveSearch } from '../../ledger/moved-pairs';
import { countPairs } from '../../ledger/pair-counts';
import { listUnpairedSecrets } from '../../ledger/pairs';
import { completedScans } from '../../ledger/scans';
import { activeConnector } from '../connector';
import { whileHeartbeating } from '../heartbeat';
import type { SyncServices } from '../services';
import { countedForCycle } from './cycle-calls';
import { boundedParallel } from './bounded-parallel';
import { decidePair } from './decide-pair';
import type { PlanContext } from './plan-context';
import { planResult, type PlanResult } from './plan-result';
import { planTargets } from './plan-targets';
import { recordPlan } from './record-plan';
import { registerPairs } from './register-pairs';
import { countSideFailures } from './side-failures';

export interface PlanRequest {
  readonly cycleId: string;
  readonly connector: string;
  readonly dryRun: boolean;
  readonly keyVaultGeneration: number;
  readonly secretServerGeneration: number;
  /** The earlier start of the two scans by the ledger's clock, ISO 8601. */
  readonly scanStartedAtIso: string;
}

export interface TargetedPlanRequest {
  readonly cycleId: string;
  readonly connector: string;
  readonly dryRun: boolean;
  /** Numbers of the secrets in Secret Server. */
  readonly secretIds: readonly number[];
}

export interface PlanActivities {
  planCycle(request: PlanRequest): Promise<PlanResult>;
  planSecrets(request: TargetedPlanRequest): Promise<PlanResult>;
}

/** Pairs that are in memory at once. */
const pairsPerPage = 200;

/** Pairs that are looked at side by side; each makes at most one call at a time. */
const looksAtOnce = 8;

/** Where a plan stands; told with each heartbeat, so that the next attempt goes on from there. */
interface PlanProgress {
  afterPairId: number;
  unchanged: number;
}

export function createPlanActivities(services: SyncServices): PlanActivities {
  return {
    /**
     * Decides every pair that moved since its base, by the two completed scans. What fails for one secret becomes that
     * secret's row. Errors: `ScanSuperseded`, and the codes that concern a whole side or the ledger.
     */
    async planCycle(request) {
      const { cycleId } = request;
      await requireCompleted(services, request);
      const context = await planContext(services, request);
      const progress = progressSoFar();
      await counted(context, () =>
        whileHeartbeating(progress, async () => {
          await registerUnpaired(context, request.secretServerGeneration);
          await planMoved(context, await searchOf(context, request), request.dryRun, progress);
        }),
      );
      return await planResult(services, cycleId, progress.unchanged);
    },

    /** Decides the named secrets by reading both sides of each, without a LIST. Errors as `planCycle`. */
    async planSecrets({ cycleId, secretIds, dryRun, connector }) {
      const context = await planContext(services, { cycleId, connector });
      const progress = { afterPairId: 0, unchanged: 0 };
      await counted(context, () =>
        whileHeartbeating(progress, async () => {
          const looked = await planTargets(context, secretIds, looksAtOnce);
          await recordPlan(context, looked, dryRun);
          progress.unchanged = looked.filter(({ plan }) => plan.kind === 'unchanged').length;
        }),
      );
      return await planResult(services, cycleId, progress.unchanged);
    },
  };
}

async function planContext(
  services: SyncServices,
  { cycleId, connector }: { readonly cycleId: string; readonly connector: string },
): Promise<PlanContext> {
  const settings = await activeConnector(services, connector);
  const connections = await services.connect(settings);
  return {
    services,
    settings,
    connections,
    cycleId,
    readsEverything: !settings.deltaSync,
    ...countSideFailures(connections),
  };
}

async function counted(context: PlanContext, work: () => Promise<void>): Promise<void> {
  const { services, cycleId } = context;
  await countedForCycle(services.db, cycleId, () => withCorrelationId(cycleId, work));
}

/** Nothing is concluded from a scan that is not complete, or not the one this plan was asked for. */
async function requireCompleted(services: SyncServices, request: PlanRequest): Promise<void> {
  const { keyVault, secretServer } = await completedScans(services.db, request.cycleId);
  const isCurrent =
    keyVault?.generation === request.keyVaultGeneration &&
    secretServer?.generation === request.secretServerGeneration;
  if (!isCurrent) throw new SsakvError('ScanSuperseded');
}

function progressSoFar(): PlanProgress {
  const told: unknown = Context.current().info.heartbeatDetails;
  if (typeof told !== 'object' || told === null) return { afterPairId: 0, unchanged: 0 };
  const { afterPairId = 0, unchanged = 0 } = told as Partial<PlanProgress>;
  return { afterPairId, unchanged };
}

async function registerUnpaired(context: PlanContext, generation: number): Promise<void> {
  const { db } = context.services;
  let afterSecretId = 0;
  for (;;) {
    Context.current().cancellationSignal.throwIfAborted();
    const { displayName } = context.settings;
    const secrets = await listUnpairedSecrets(db, displayName, generation, afterSecretId, pairsPerPage);
    const last = secrets.at(-1);
    if (last === undefined) return;
    await registerPairs(context, secrets);
    afterSecretId = last.secretId;
  }
}

/**
 * The rolling re-read: a pair is due after half of `fullReconcileSeconds`, and so many are read per cycle that all pairs,
 * even if they became due at once as after the first push, are read within the other half.
 */
async function searchOf(context: PlanContext, request: PlanRequest): Promise<MoveSearch> {
  const { displayName, syncIntervalSeconds, fullReconcileSeconds, deltaSync, tagRefresh } = context.settings;
  const pairs = await countPairs(context.services.db, displayName);
  const scanStartedAt = new Date(request.scanStartedAtIso);
  return {
    connector: displayName,
    secretServerGeneration: request.secretServerGeneration,
    keyVaultGeneration: request.keyVaultGeneration,
    scanStartedAt,
    everything: !deltaSync || tagRefresh === 'always',
    rereadLimit: Math.ceil((2 * pairs * syncIntervalSeconds) / fullReconcileSeconds),
    rereadBefore: new Date(scanStartedAt.getTime() - (fullReconcileSeconds / 2) * 1_000),
  };
}

async function planMoved(
  context: PlanContext,
  search: MoveSearch,
  dryRun: boolean,
  progress: PlanProgress,
): Promise<void> {
  const { db } = context.services;
  const signal = Context.current().cancellationSignal;
  for (;;) {
    const page = await findMovedPairs(db, search, progress.afterPairId, pairsPerPage);
    const last = page.at(-1);
    if (last === undefined) return;
    const looked = await boundedParallel(page, looksAtOnce, async (moved) => {
      signal.throwIfAborted();
      return { moved, plan: await decidePair(context, moved, false) };
    });
    await recordPlan(context, looked, dryRun);
    progress.unchanged += looked.filter(({ plan }) => plan.kind === 'unchanged').length;
    progress.afterPairId = last.pair.id;
    if (page.length < pairsPerPage) return;
  }
}
