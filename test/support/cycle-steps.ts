import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { openConnections } from '../../adapters/connections';
import type { SyncServices } from '../../activities/services';
import { createApplyActivities } from '../../activities/sync/apply';
import { createGuardActivities } from '../../activities/sync/guard';
import type { PlanResult } from '../../activities/sync/plan-result';
import { createPlanActivities } from '../../activities/sync/plan';
import { createScanActivities, type SecretServerScanResult } from '../../activities/sync/scan';
import { loadConnector } from '../../config/connector-files';
import { writeDevFiles } from '../../config/dev-files';
import type { ConnectorSettings } from '../../domain/connectors';
import { deriveInstallationKeys } from '../../domain/installation-keys';
import { applyConnector } from '../../ledger/connectors';
import { openCycle } from '../../ledger/cycles';
import type { LedgerDatabase } from '../../ledger/database';
import { startEmulators, type Emulators } from './emulators';
import { startLedger } from './ledger';

/** The steps of a cycle, each run as its activity on real stand-ins and a real ledger, without Temporal and workers. */
export interface CycleSteps {
  readonly emulators: Emulators;
  readonly ledger: LedgerDatabase;
  readonly connector: string;
  readonly services: SyncServices;
  /** Changes settings from here on. */
  configure(change: Partial<ConnectorSettings>): Promise<void>;
  newCycle(kind: 'full' | 'targeted', dryRun?: boolean): Promise<string>;
  scan(cycleId: string): Promise<Scans>;
  plan(cycleId: string, scans: Scans, dryRun?: boolean): Promise<PlanResult>;
  guard(cycleId: string): Promise<PlanResult>;
  apply(cycleId: string, pages: number): Promise<void>;
  /** Scan, plan and guard of a new cycle. */
  planned(dryRun?: boolean): Promise<PlannedCycle>;
  /** The same, then apply. */
  completed(): Promise<PlannedCycle>;
  stop(): Promise<void>;
}

export interface Scans {
  readonly keyVaultGeneration: number;
  readonly secretServerGeneration: number;
  readonly scanStartedAtIso: string;
  readonly secretServer: SecretServerScanResult;
}

export interface PlannedCycle extends PlanResult {
  readonly cycleId: string;
  readonly scans: Scans;
}

export async function startCycleSteps(): Promise<CycleSteps> {
  const directory = mkdtempSync(path.join(tmpdir(), 'ssakv-steps-'));
  const [emulators, ledger] = await Promise.all([startEmulators({ demo: true }), startLedger()]);
  const { connectorFile, displayName } = writeDevFiles({
    folder: directory,
    standIns: emulators.ready,
    ledgerUrl: ledger.url,
    temporal: { address: '127.0.0.1:1', namespace: 'default' },
    ports: { operators: 1, metrics: 2, workerMetrics: 3 },
    syncIntervalSeconds: 3_600,
  });
  let settings = loadConnector(connectorFile);
  await applyConnector(ledger.db, settings, 'test');
  const services: SyncServices = {
    db: ledger.db,
    keys: deriveInstallationKeys('test', Buffer.alloc(32, 1)),
    timings: { requestTimeoutMs: 5_000, pairLeaseMs: 12_000, settleMs: 6_000 },
    connect: (connector) => openConnections(connector, { baseDirectory: directory, requestTimeoutMs: 5_000 }),
    temporal: new Client({ connection: Connection.lazy() }),
    checkAllowed: () => undefined,
  };
  return {
    ...stepsOf(services, displayName),
    emulators,
    ledger: ledger.db,
    connector: displayName,
    services,
    async configure(change) {
      settings = { ...settings, ...change };
      await applyConnector(ledger.db, settings, 'test');
    },
    async stop() {
      await services.temporal.connection.close();
      await Promise.all([emulators.stop(), ledger.close()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

type Steps = Pick<CycleSteps, 'newCycle' | 'scan' | 'plan' | 'guard' | 'apply' | 'planned' | 'completed'>;

function stepsOf(services: SyncServices, connector: string): Steps {
  const scans = createScanActivities(services);
  const plans = createPlanActivities(services);
  const guards = createGuardActivities(services);
  const applies = createApplyActivities(services);
  const steps: Steps = {
    async newCycle(kind, dryRun = false) {
      const id = randomUUID();
      const owner = { workflowId: `sync/${connector}`, runId: randomUUID() };
      await openCycle(services.db, { id, connector, kind, dryRun, ...owner });
      return id;
    },
    async scan(cycleId) {
      const [keyVault, secretServer] = await Promise.all([
        asActivity(() => scans.scanKeyVault({ cycleId, connector })),
        asActivity(() => scans.scanSecretServer({ cycleId, connector })),
      ]);
      const starts = [keyVault.startedAtIso, secretServer.startedAtIso].sort();
      return {
        keyVaultGeneration: keyVault.generation,
        secretServerGeneration: secretServer.generation,
        scanStartedAtIso: starts[0] ?? '',
        secretServer,
      };
    },
    plan: (cycleId, seen, dryRun = false) => {
      const { keyVaultGeneration, secretServerGeneration, scanStartedAtIso } = seen;
      const generations = { keyVaultGeneration, secretServerGeneration, scanStartedAtIso };
      return asActivity(() => plans.planCycle({ cycleId, connector, dryRun, ...generations }));
    },
    guard: (cycleId) => asActivity(() => guards.guardCycle({ cycleId, connector })),
    async apply(cycleId, pages) {
      for (let page = 0; page < pages; page += 1) {
        await asActivity(() => applies.applyPage({ cycleId, connector, page }));
      }
    },
    async planned(dryRun = false) {
      const cycleId = await steps.newCycle('full', dryRun);
      const seen = await steps.scan(cycleId);
      const plan = await steps.plan(cycleId, seen, dryRun);
      const guarded = await steps.guard(cycleId);
      const unchanged = plan.counts['none.done'];
      const counts = unchanged === undefined ? guarded.counts : { ...guarded.counts, 'none.done': unchanged };
      return { ...guarded, counts, cycleId, scans: seen };
    },
    async completed() {
      const cycle = await steps.planned();
      await steps.apply(cycle.cycleId, cycle.pages);
      return cycle;
    },
  };
  return steps;
}

/** An activity's context: heartbeats, cancellation, attempt. Expected failures are not logged. */
export function activityEnvironment(): MockActivityEnvironment {
  return new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
}

/** Runs work as an activity. */
export async function asActivity<T>(work: () => Promise<T>, environment = activityEnvironment()): Promise<T> {
  return await environment.run(work);
}
