import type { Client } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';

/** One workflow run as Temporal keeps it. */
export interface RunHistory {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  readonly events: readonly HistoryEvent[];
}

type Fetched = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;
export type HistoryEvent = NonNullable<NonNullable<Fetched['events']>[number]>;

/** The retry policy and the summary with which an activity was scheduled. */
export interface ScheduledActivity {
  readonly type: string;
  readonly summary: string | undefined;
  readonly initialIntervalMs: number;
  readonly backoffCoefficient: number;
  readonly maximumAttempts: number;
}

/** All events of one run; the newest run of that workflow without a run id. */
export async function historyOf(client: Client, workflowId: string, runId?: string): Promise<RunHistory> {
  const handle = client.workflow.getHandle(workflowId, runId);
  const described = await handle.describe();
  const { events } = await client.workflow.getHandle(workflowId, described.runId).fetchHistory();
  return { workflowId, runId: described.runId, type: described.type, events: events ?? [] };
}

/** The histories of all runs that Temporal knows, open and closed ones. */
export async function allHistories(client: Client): Promise<readonly RunHistory[]> {
  const histories: RunHistory[] = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    histories.push(await historyOf(client, workflowId, runId));
  }
  return histories;
}

/** What the activities of a run were scheduled with, in their order. */
export function scheduledActivities(history: RunHistory): readonly ScheduledActivity[] {
  return history.events.flatMap((event) => {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (!scheduled) return [];
    const { activityType, retryPolicy } = scheduled;
    const interval = retryPolicy?.initialInterval;
    return [
      {
        type: activityType?.name ?? '',
        summary: textOf(event.userMetadata?.summary),
        initialIntervalMs: Number(interval?.seconds ?? 0) * 1_000 + (interval?.nanos ?? 0) / 1_000_000,
        backoffCoefficient: retryPolicy?.backoffCoefficient ?? 0,
        maximumAttempts: retryPolicy?.maximumAttempts ?? 0,
      },
    ];
  });
}

function textOf(payload: Payload | null | undefined): string | undefined {
  return payload ? defaultPayloadConverter.fromPayload<string>(payload) : undefined;
}
