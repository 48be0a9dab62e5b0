import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandleWithFirstExecutionRunId, WorkflowStartOptions } from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes, type Workflow } from '@temporalio/common';
import { workflowTaskQueue } from '../domain/connectors';
import { asTemporalError } from '../workers/temporal-error';
import type { ActivationResult, ConnectionTestResult, ConnectorInput } from '../domain/connection-tests';
import type { CycleResult, SyncCycleInput, SyncSecretsInput } from '../domain/cycles';

const connectorAttribute = defineSearchAttributeKey('SsakvConnector', 'KEYWORD');

type TestConnection = (input: ConnectorInput) => Promise<ConnectionTestResult>;
type ActivateConnector = (input: ConnectorInput) => Promise<ActivationResult>;
type SyncCycle = (input: SyncCycleInput) => Promise<CycleResult>;
type SyncSecrets = (input: SyncSecretsInput) => Promise<CycleResult>;

type Handle<T extends Workflow> = Promise<WorkflowHandleWithFirstExecutionRunId<T>>;

/** Every start joins a run of the same id that is under way. All throw TemporalUnreachable, TemporalRefused. */
export function startConnectionTest(client: Client, connector: string): Handle<TestConnection> {
  return start<TestConnection>(client, 'testConnection', connector, {
    workflowId: `test/${connector}`,
    args: [{ connector }],
  });
}

export function startActivation(client: Client, connector: string): Handle<ActivateConnector> {
  const workflowId = `activate/${connector}`;
  return start<ActivateConnector>(client, 'activateConnector', connector, {
    workflowId,
    args: [{ connector }],
  });
}

/** A full cycle outside the schedule. A dry run has an id of its own, so that it never joins one that writes. */
export function startCycle(client: Client, connector: string, dryRun: boolean): Handle<SyncCycle> {
  const workflowId = dryRun ? `sync/${connector}/plan` : `sync/${connector}`;
  return start<SyncCycle>(client, 'syncCycle', connector, { workflowId, args: [{ connector, dryRun }] });
}

/** Force Sync of named secrets (numbers in Secret Server). */
export function startSecretSync(
  client: Client,
  connector: string,
  secretIds: readonly number[],
  dryRun: boolean,
): Handle<SyncSecrets> {
  const workflowId = `sync-now/${connector}/${randomUUID()}`;
  return start<SyncSecrets>(client, 'syncSecrets', connector, {
    workflowId,
    args: [{ connector, secretIds, dryRun }],
  });
}

function start<T extends Workflow>(
  client: Client,
  type: string,
  connector: string,
  options: Pick<WorkflowStartOptions<T>, 'workflowId' | 'args'>,
): Handle<T> {
  const startOptions = {
    ...options,
    taskQueue: workflowTaskQueue,
    workflowIdConflictPolicy: 'USE_EXISTING',
    typedSearchAttributes: new TypedSearchAttributes([{ key: connectorAttribute, value: connector }]),
  } as WorkflowStartOptions<T>;
  return client.workflow.start<T>(type, startOptions).catch(asTemporalError);
}
