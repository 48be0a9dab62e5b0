import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  executeChild,
  isCancellation,
  setCurrentDetails,
  setHandler,
  defineQuery,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { describeChecks } from '../domain/connection-tests';
import type { ActivationResult, ConnectorInput } from '../domain/connection-tests';
import type { ConnectorState } from '../domain/connectors';
import type { CycleResult } from '../domain/cycles';
import { bookkeeping } from './activity-options';
import { runChecks } from './connection-checks';
import { syncCycle } from './sync-cycle';

export const connectorState = defineQuery<ConnectorState>('state');

/**
 * Brings a connector to life: test, register, schedule, initial sync. A connector whose test fails goes back to
 * `Registered` with the reason, and nothing is scheduled.
 *
 * Errors: `InvalidInput`, `NotAllowed`, `ConnectorUnknown`, `EnginePoolNotPolled`.
 */
export async function activateConnector(input?: ConnectorInput): Promise<ActivationResult> {
  let state: ConnectorState = 'Testing';
  setHandler(connectorState, () => state, {
    description: 'The state of the connector as this run has set it.',
  });
  const { connector, taskQueue } = await bookkeeping.beginActivation({ input });
  upsertSearchAttributes({ SsakvConnector: [connector] });
  const enter = async (next: ConnectorState, reason?: string): Promise<void> => {
    state = next;
    await bookkeeping.enterConnectorState({
      connector,
      state: next,
      ...(reason !== undefined && { reason }),
    });
  };

  /** A connector that stayed in `Testing` would never be synced again, and no cycle would fail for it. */
  const orLeaveTesting = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const reason = `The connection test was ${isCancellation(error) ? 'cancelled' : 'not finished'}.`;
      await CancellationScope.nonCancellable(() => enter('Registered', reason));
      throw error;
    }
  };

  const checks = await orLeaveTesting(() => runChecks(connector, taskQueue));
  setCurrentDetails(describeChecks(connector, checks));
  const failed = checks.filter((check) => !check.passed);
  if (failed.length > 0) {
    await enter('Registered', `The connection test failed: ${failed.map(({ name }) => name).join(', ')}.`);
    return { connector, outcome: 'TestFailed', checks };
  }

  await enter('InitialSync');
  await bookkeeping.scheduleConnector({ connector });
  const initialSync = await syncFirst(connector);
  await enter('Active');
  return { connector, outcome: 'Active', checks, ...(initialSync && { initialSync }) };
}

/** The first full cycle; undefined when somebody's cycle under the same id is under way and does its work. */
async function syncFirst(connector: string): Promise<CycleResult | undefined> {
  try {
    return await executeChild(syncCycle, { workflowId: `sync/${connector}`, args: [{ connector }] });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}
