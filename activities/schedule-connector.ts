import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type ScheduleUpdateOptions,
} from '@temporalio/client';
import { workflowTaskQueue } from '../domain/connectors';
import { knownConnector } from './connector';
import type { SyncServices } from './services';

export interface ScheduleConnectorActivities {
  scheduleConnector(request: { readonly connector: string }): Promise<void>;
}

/** Long outages must not be made up for: one cycle sees everything. */
const catchupWindow = '15 minutes';
/** Above the worst cycle; a run that hangs would otherwise stop the schedule for good. */
const workflowRunTimeout = '24 hours';

export function createScheduleConnectorActivities(services: SyncServices): ScheduleConnectorActivities {
  return {
    /** Creates or updates the connector's schedule `sync/<connector>` at its `syncIntervalSeconds`. */
    async scheduleConnector({ connector }) {
      const { settings } = await knownConnector(services, connector);
      const definition = scheduleDefinition(connector, settings.syncIntervalSeconds);
      try {
        await services.temporal.schedule.create({ scheduleId: `sync/${connector}`, ...definition });
      } catch (error) {
        if (!(error instanceof ScheduleAlreadyRunning)) throw error;
        const handle = services.temporal.schedule.getHandle(`sync/${connector}`);
        await handle.update((previous) => ({ ...previous, ...definition }));
      }
    },
  };
}

function scheduleDefinition(connector: string, intervalSeconds: number) {
  return {
    spec: { intervals: [{ every: `${intervalSeconds} seconds` }] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow },
    action: {
      type: 'startWorkflow',
      workflowType: 'syncCycle',
      workflowId: `sync/${connector}`,
      taskQueue: workflowTaskQueue,
      args: [{ connector }],
      workflowRunTimeout,
      staticSummary: `${connector}: scheduled cycle`,
    },
  } satisfies Omit<ScheduleUpdateOptions, 'state'>;
}
