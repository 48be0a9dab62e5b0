import { createActivateConnectorActivities, type ActivateConnectorActivities } from './activate-connector';
import { createBeginCycleActivities, type BeginCycleActivities } from './begin-cycle';
import { createReportCycleActivities, type ReportCycleActivities } from './report-cycle';
import { createScheduleConnectorActivities, type ScheduleConnectorActivities } from './schedule-connector';
import type { SyncServices } from './services';
import { createApplyActivities, type ApplyActivities } from './sync/apply';
import { createGuardActivities, type GuardActivities } from './sync/guard';
import { createPlanActivities, type PlanActivities } from './sync/plan';
import { createScanActivities, type ScanActivities } from './sync/scan';
import { createTestConnectionActivities, type TestConnectionActivities } from './test-connection';

/** Every activity, under the name by which workflows call it. */
export type Activities = ActivateConnectorActivities &
  ApplyActivities &
  BeginCycleActivities &
  GuardActivities &
  PlanActivities &
  ReportCycleActivities &
  ScanActivities &
  ScheduleConnectorActivities &
  TestConnectionActivities;

/** The activities of one worker process. */
export function createActivities(services: SyncServices): Activities {
  return {
    ...createActivateConnectorActivities(services),
    ...createApplyActivities(services),
    ...createBeginCycleActivities(services),
    ...createGuardActivities(services),
    ...createPlanActivities(services),
    ...createReportCycleActivities(services),
    ...createScanActivities(services),
    ...createScheduleConnectorActivities(services),
    ...createTestConnectionActivities(services),
  };
}
