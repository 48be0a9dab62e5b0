import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { withCorrelationId } from '../../adapters/http/correlation';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { changeDecisions, loadDecision, loadDecisionPage, type PlannedPair } from '../../ledger/decisions';
import { whileHeartbeating } from '../heartbeat';
import { activeConnector } from '../connector';
import type { SyncServices } from '../services';
import { countedForCycle } from './cycle-calls';
import { finishBatch, sendBatch } from './apply-batch';
import { outcomeOf } from './apply-outcome';
import { decideAnew } from './decide-anew';
import type { ApplyContext, PairOutcome, PairWrite } from './pair-write';
import { preparePair, type PreparedPair } from './prepare-pair';

export interface PageRequest {
  readonly cycleId: string;
  readonly connector: string;
  /** Counted from 0. */
  readonly page: number;
}

export interface PairRequest {
  readonly cycleId: string;
  readonly connector: string;
  readonly pairId: number;
}

/** A pair that can be tried again in this cycle. */
export interface PairToRetry {
  readonly pairId: number;
  readonly externalName: string;
}

export interface PageApplied {
  readonly pairs: number;
  readonly again: readonly PairToRetry[];
}

export interface ApplyActivities {
  applyPage(request: PageRequest): Promise<PageApplied>;
  applyPair(request: PairRequest): Promise<void>;
}

export function createApplyActivities(services: SyncServices): ApplyActivities {
  return {
    /**
     * Applies what is still planned of one page, in batches, paced. One failing pair never stops the others: it comes
     * back in `again`, or its reason is in its decision row. Throws `KeyVaultThrottled` after everything else is done,
     * so that Temporal repeats the throttled rest of the page later.
     */
    async applyPage(request) {
      const context = await applyContext(services, request);
      const page = await loadDecisionPage(services.db, request.cycleId, request.page);
      const outcomes = await counted(context, () =>
        whileHeartbeating({ pairs: page.length }, () => applyInBatches(context, page)),
      );
      return summarize(page, outcomes);
    },

    /** One pair again, decided anew. Throws the code of what stands in the way as long as trying again may help. */
    async applyPair(request) {
      const context = await applyContext(services, request);
      const planned = await loadDecision(services.db, request.cycleId, request.pairId);
      if (planned?.decision.state !== 'planned') return;
      const outcome = await counted(context, () =>
        whileHeartbeating({ pairs: 1 }, () => applyAnew(context, planned)),
      );
      if (outcome.kind === 'done' || outcome.kind === 'decided') return;
      const code = outcome.kind === 'throttled' ? 'KeyVaultThrottled' : outcome.code;
      // Without a delay of its own, the connector's retry policy says when.
      throw new SsakvError(code, outcome.delayMs > 0 ? { retryAfterMs: outcome.delayMs } : {});
    },
  };
}

async function applyContext(
  services: SyncServices,
  request: { readonly cycleId: string; readonly connector: string },
): Promise<ApplyContext> {
  const settings = await activeConnector(services, request.connector);
  const { workflowExecution, activityId, attempt } = Context.current().info;
  return {
    services,
    settings,
    connections: await services.connect(settings),
    cycleId: request.cycleId,
    // Unique for each attempt, so that a zombie never meets its successor's lease as its own.
    owner: `${workflowExecution?.runId ?? 'none'}/${activityId}/${attempt}/${randomUUID()}`,
  };
}

async function counted<T>(context: ApplyContext, work: () => Promise<T>): Promise<T> {
  return (await countedForCycle(context.services.db, context.cycleId, work)).result;
}

async function applyAnew(context: ApplyContext, planned: PlannedPair): Promise<PairOutcome> {
  const anew = await withCorrelationId(context.cycleId, () => decideAnew(context, planned));
  if (anew.kind === 'ended') return anew.outcome;
  const [outcome] = await applyInBatches(context, [anew.planned]);
  if (outcome === undefined) throw new Error('A batch of one pair has one outcome.');
  return outcome;
}

/**
 * A batch's PUTs come after those of the batch before; its look runs beside the next batch. When the cycle is cancelled
 * or a batch breaks down, no further batch is begun, and what is under way is finished and recorded first.
 */
async function applyInBatches(
  context: ApplyContext,
  page: readonly PlannedPair[],
): Promise<readonly PairOutcome[]> {
  const { externalSecretsPerBatch, batchIntervalMs } = context.settings.throttle;
  const activity = Context.current();
  const finishing: Promise<readonly PairOutcome[]>[] = [];
  try {
    for (let start = 0; start < page.length; start += externalSecretsPerBatch.value) {
      if (start > 0) await activity.sleep(batchIntervalMs);
      const batch = page.slice(start, start + externalSecretsPerBatch.value);
      finishing.push((await sendBatchOf(context, batch)).finished);
    }
  } finally {
    await Promise.allSettled(finishing);
  }
  return (await Promise.all(finishing)).flat();
}

/** Sends a batch. `finished` settles when it has looked and recorded. */
async function sendBatchOf(
  context: ApplyContext,
  batch: readonly PlannedPair[],
): Promise<{ readonly finished: Promise<readonly PairOutcome[]> }> {
  const prepared = await Promise.all(batch.map((planned) => preparePair(context, planned)));
  const writes = prepared.flatMap((one) => (one.kind === 'write' ? [one.write] : []));
  await sendBatch(context, writes);
  const finished = finishBatch(context, writes).then(() => settle(context, prepared.map(toOutcome)));
  // Its failure is thrown once all batches are through; until then it must not count as unhandled.
  finished.catch(() => undefined);
  return { finished };
}

type PairWithOutcome = {
  readonly planned: PlannedPair;
  readonly outcome: PairOutcome;
  readonly write?: PairWrite;
};

function toOutcome(prepared: PreparedPair): PairWithOutcome {
  if (prepared.kind === 'write') {
    return { planned: prepared.write.planned, outcome: outcomeOf(prepared.write), write: prepared.write };
  }
  return { planned: prepared.planned, outcome: prepared.outcome };
}

/** Leaves in each open row why it is still open, so that the report can tell. */
async function settle(
  context: ApplyContext,
  results: readonly PairWithOutcome[],
): Promise<readonly PairOutcome[]> {
  const open = results.flatMap(({ planned, outcome, write }) => {
    if (outcome.kind !== 'again' && outcome.kind !== 'throttled') return [];
    const code = outcome.kind === 'again' ? outcome.code : ('KeyVaultThrottled' as const);
    return [{ pairId: planned.pair.id, state: 'planned' as const, code, detail: write?.error?.detail }];
  });
  await changeDecisions(context.services.db, context.cycleId, open);
  return results.map(({ outcome }) => outcome);
}

function summarize(page: readonly PlannedPair[], outcomes: readonly PairOutcome[]): PageApplied {
  const delays = outcomes.flatMap((outcome) => (outcome.kind === 'throttled' ? [outcome.delayMs] : []));
  if (delays.length > 0) throw new SsakvError('KeyVaultThrottled', { retryAfterMs: Math.max(...delays) });
  const again = page.filter((_, index) => outcomes[index]?.kind === 'again');
  return {
    pairs: page.length,
    again: again.map(({ pair }) => ({ pairId: pair.id, externalName: pair.externalName })),
  };
}
