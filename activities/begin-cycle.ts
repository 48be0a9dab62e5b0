import { parseSyncCycleInput, parseSyncSecretsInput } from '../config/workflow-inputs';
import { activityTaskQueue } from '../domain/connectors';
import type { ConnectorSettings, ConnectorState, ThrottleSettings } from '../domain/connectors';
import type { ContinuedCycle, CycleResult } from '../domain/cycles';
import { SsakvError } from '../domain/errors/ssakv-error';
import { getCycle, openCycle, tryTakeCycleLease, type CycleOwner, type NewCycle } from '../ledger/cycles';
import { knownConnector, resolveConnectorName } from './connector';
import { requirePollers } from './engine-pools';
import type { SyncServices } from './services';
import { isRunOpen } from './workflow-runs';

export interface BeginRequest {
  /** What a person or a program started the workflow with; not parsed yet. */
  readonly input: unknown;
  readonly owner: CycleOwner;
}

/** A cycle that may go on, with all that its workflow needs to know of the connector. */
export interface BegunCycle {
  readonly kind: 'begun';
  readonly cycleId: string;
  readonly connector: string;
  readonly dryRun: boolean;
  readonly taskQueue: string;
  readonly retry: {
    readonly initialIntervalMs: number;
    readonly backoffCoefficient: number;
    readonly maximumAttempts: number;
  };
  readonly pagesAtOnce: number;
  /** By the ledger's clock: nothing that is newer is ever found absent. */
  readonly scanStartedAtIso: string;
  readonly continued: ContinuedCycle | undefined;
}

export interface BegunTargetedCycle extends BegunCycle {
  readonly secretIds: readonly number[];
}

export type Begun<Cycle> = Cycle | { readonly kind: 'ended'; readonly result: CycleResult };

export interface BeginCycleActivities {
  beginCycle(request: BeginRequest): Promise<Begun<BegunCycle>>;
  beginTargetedCycle(request: BeginRequest): Promise<Begun<BegunTargetedCycle>>;
}

/** States in which a connector's secrets are synced. */
const syncingStates: readonly ConnectorState[] = ['InitialSync', 'Active', 'Degraded'];

export function createBeginCycleActivities(services: SyncServices): BeginCycleActivities {
  return {
    /**
     * Parses the input, checks what it may reach, takes the cycle lease and opens the cycle. Running it twice for one
     * run is harmless. Errors: `InvalidInput`, `NotAllowed`, `ConnectorUnknown`, `ConnectorNotNamed`,
     * `EnginePoolNotPolled`.
     */
    async beginCycle({ input, owner }) {
      const { connector: named, dryRun, continued } = parseSyncCycleInput(input);
      const connector = await resolveConnectorName(services, named);
      const { settings, state, stateReason } = await knownConnector(services, connector);
      if (!dryRun && !syncingStates.includes(state)) return notActive(connector, state, stateReason);
      await requirePollers(services.temporal, activityTaskQueue(settings));
      const holder = await takeCycleLease(services, connector, owner);
      if (holder !== undefined) {
        return { kind: 'ended', result: { outcome: 'AlreadyRunning', connector, ...holder } };
      }
      const cycleId = cycleIdOf(owner);
      if (continued !== undefined && continued.cycleId !== cycleId) throw new SsakvError('CycleLeaseLost');
      const openedAt = await openAndDate(services, {
        id: cycleId,
        connector,
        kind: 'full',
        dryRun,
        ...owner,
      });
      return begun(settings, { cycleId, dryRun, openedAt }, continued);
    },

    /** As `beginCycle` for named secrets. Takes no cycle lease: the pairs' own leases keep two writers apart. */
    async beginTargetedCycle({ input, owner }) {
      const { connector: named, dryRun, secretIds } = parseSyncSecretsInput(input);
      const connector = await resolveConnectorName(services, named);
      const { settings, state, stateReason } = await knownConnector(services, connector);
      if (!dryRun && !syncingStates.includes(state)) return notActive(connector, state, stateReason);
      await requirePollers(services.temporal, activityTaskQueue(settings));
      const cycleId = cycleIdOf(owner);
      const openedAt = await openAndDate(services, {
        id: cycleId,
        connector,
        kind: 'targeted',
        dryRun,
        ...owner,
      });
      return { ...begun(settings, { cycleId, dryRun, openedAt }, undefined), secretIds };
    },
  };
}

/** Temporal's run ids are UUIDs, and one run makes one cycle: a repeated first step opens no second one. */
function cycleIdOf(owner: CycleOwner): string {
  return owner.runId;
}

async function openAndDate(services: SyncServices, cycle: NewCycle): Promise<Date> {
  await openCycle(services.db, cycle);
  const opened = await getCycle(services.db, cycle.id);
  if (opened === undefined) throw new SsakvError('CycleUnknown', { detail: `Id: ${cycle.id}.` });
  return opened.openedAt;
}

function notActive(connector: string, state: ConnectorState, reason: string | undefined) {
  const result: CycleResult = { outcome: 'NotActive', connector, state, reason: reason ?? '' };
  return { kind: 'ended' as const, result };
}

/** Takes the lease, also from a run that is closed. Returns the open run that holds it. */
async function takeCycleLease(
  services: SyncServices,
  connector: string,
  owner: CycleOwner,
): Promise<CycleOwner | undefined> {
  const first = await tryTakeCycleLease(services.db, connector, owner);
  if (first.kind === 'taken') return undefined;
  const { workflowId, runId } = first;
  if (await isRunOpen(services.temporal, { workflowId, runId })) return { workflowId, runId };
  const second = await tryTakeCycleLease(services.db, connector, owner, runId);
  return second.kind === 'taken' ? undefined : { workflowId: second.workflowId, runId: second.runId };
}

function begun(
  settings: ConnectorSettings,
  cycle: { readonly cycleId: string; readonly dryRun: boolean; readonly openedAt: Date },
  continued: ContinuedCycle | undefined,
): BegunCycle {
  return {
    kind: 'begun',
    cycleId: cycle.cycleId,
    connector: settings.displayName,
    dryRun: cycle.dryRun,
    taskQueue: activityTaskQueue(settings),
    retry: retrySettings(settings.throttle),
    pagesAtOnce: settings.throttle.parallelTemplateWorkers,
    scanStartedAtIso: cycle.openedAt.toISOString(),
    continued,
  };
}

/** The `retry_*` keys of the throttle file, as Temporal's retry policy. */
function retrySettings(throttle: ThrottleSettings): BegunCycle['retry'] {
  return {
    initialIntervalMs: throttle.retryBaseDelayMs,
    backoffCoefficient: throttle.retryPolicy === 'exponential' ? 2 : 1,
    maximumAttempts: throttle.retryMaxAttempts,
  };
}
