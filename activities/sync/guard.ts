import { Context } from '@temporalio/activity';
import { withCorrelationId } from '../../adapters/http/correlation';
import { listDeleted, readDeleted, type DeletedListing } from '../../adapters/key-vault/secrets/reader';
import { describeRow } from '../../domain/decision-rows';
import { foldName } from '../../domain/names';
import { openCases } from '../../ledger/cases';
import { changeDecisions } from '../../ledger/decisions';
import { listPlannedCreates, plannedCreatesNamed, type PlannedCreate } from '../../ledger/planned-creates';
import { activeConnector } from '../connector';
import { whileHeartbeating } from '../heartbeat';
import type { SyncServices } from '../services';
import { countedForCycle } from './cycle-calls';
import { boundedParallel } from './bounded-parallel';
import { markOf } from './pair-marks';
import { planResult, type PlanResult } from './plan-result';
import type { SyncContext } from './sync-context';

export interface GuardRequest {
  readonly cycleId: string;
  readonly connector: string;
}

export interface GuardActivities {
  guardCycle(request: GuardRequest): Promise<PlanResult>;
}

/** Up to so many new names are asked for one by one; for more, the deleted secrets are listed in pages of 25. */
const namesAskedSingly = 25;
const asksAtOnce = 8;
/** Deleted names that are looked up in the plan by one statement. */
const namesPerStatement = 250;

interface DeletedCreate {
  readonly create: PlannedCreate;
  readonly tags: Readonly<Record<string, string>>;
}

export function createGuardActivities(services: SyncServices): GuardActivities {
  return {
    /**
     * Proves that no planned create takes a name that a soft-deleted secret holds. Live names were compared when the plan
     * was made, and names of pairs are unique in the ledger. A create that fails the proof is held with a case, or only
     * reported when the deleted secret is ours. A plan without creates costs no call.
     *
     * Errors: the `KeyVault…`, `Entra…` and `Ledger…` codes.
     */
    async guardCycle({ cycleId, connector }) {
      const settings = await activeConnector(services, connector);
      const context = { services, settings, connections: await services.connect(settings), cycleId };
      const progress = { held: 0 };
      await countedForCycle(services.db, cycleId, () =>
        withCorrelationId(cycleId, () =>
          whileHeartbeating(progress, async () => {
            for await (const found of deletedCreates(context)) progress.held += await refuse(context, found);
          }),
        ),
      );
      return await planResult(services, cycleId, 0);
    },
  };
}

async function* deletedCreates(context: SyncContext): AsyncIterable<readonly DeletedCreate[]> {
  const { db } = context.services;
  const first = await listPlannedCreates(db, context.cycleId, 0, namesAskedSingly + 1);
  if (first.length > namesAskedSingly) {
    yield* amongListed(context);
    return;
  }
  const answers = await boundedParallel(first, asksAtOnce, async (create) => {
    Context.current().cancellationSignal.throwIfAborted();
    return { create, deleted: await readDeleted(context.connections.keyVault, create.externalName) };
  });
  yield answers.flatMap(({ create, deleted }) =>
    deleted.kind === 'softDeleted' ? [{ create, tags: deleted.tags }] : [],
  );
}

async function* amongListed(context: SyncContext): AsyncIterable<readonly DeletedCreate[]> {
  let waiting: DeletedListing[] = [];
  const signal = Context.current().cancellationSignal;
  for await (const page of listDeleted(context.connections.keyVault, signal)) {
    waiting.push(...page);
    if (waiting.length < namesPerStatement) continue;
    yield await createsOf(context, waiting);
    waiting = [];
  }
  yield await createsOf(context, waiting);
}

async function createsOf(
  context: SyncContext,
  deleted: readonly DeletedListing[],
): Promise<readonly DeletedCreate[]> {
  const tagsByName = new Map(deleted.map(({ name, tags }) => [foldName(name), tags]));
  const creates = await plannedCreatesNamed(context.services.db, context.cycleId, [...tagsByName.keys()]);
  return creates.map((create) => ({ create, tags: tagsByName.get(foldName(create.externalName)) ?? {} }));
}

/** Ours is the state "deleted in Azure", which is reported; a stranger's name is never taken and needs a person. */
async function refuse(context: SyncContext, found: readonly DeletedCreate[]): Promise<number> {
  const { services, settings, cycleId } = context;
  const connector = settings.displayName;
  const judged = found.map(({ create, tags }) => {
    const subject = { ...create, connector, vaultUrl: settings.vault.url };
    return { create, ours: markOf(services.keys, subject, tags).kind === 'ours' };
  });
  const foreign = judged.filter(({ ours }) => !ours).map(({ create }) => create);
  await openCases(
    services.db,
    foreign.map(({ pairId, secretId, externalName }) => {
      const code = 'NameHeldBySoftDeleted' as const;
      return { connector, secretId, externalName, pairId, kind: code, code, detail: '', cycleId };
    }),
  );
  await changeDecisions(
    services.db,
    cycleId,
    judged.map(({ create: { pairId }, ours }) =>
      ours
        ? {
            pairId,
            state: 'reported',
            decision: 'notYetSupported',
            code: 'RowNotYetSupported',
            detail: describeRow(9),
          }
        : { pairId, state: 'held', decision: 'hold', code: 'NameHeldBySoftDeleted' },
    ),
  );
  return foreign.length;
}
