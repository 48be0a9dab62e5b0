import { workflowTaskQueue } from '../../domain/connectors';

/** Addresses inside the Temporal Web UI. */
export interface WebUi {
  readonly baseUrl: string;
  readonly namespace: string;
}

export function namespaceLink(ui: WebUi): string {
  return `${ui.baseUrl}/namespaces/${encodeURIComponent(ui.namespace)}/workflows`;
}

export function scheduleLink(ui: WebUi, scheduleId: string): string {
  return `${ui.baseUrl}/namespaces/${encodeURIComponent(ui.namespace)}/schedules/${encodeURIComponent(scheduleId)}`;
}

/**
 * The Web UI's start form, filled in. The form copies the input of the newest run of the same type
 * (https://github.com/temporalio/ui, start-workflow.svelte).
 */
export function startFormLink(ui: WebUi, workflowType: string, workflowId: string): string {
  const query = new URLSearchParams({ taskQueue: workflowTaskQueue, workflowType, workflowId });
  return `${namespaceLink(ui)}/start-workflow?${query.toString()}`;
}
