import { Counter, Histogram, Registry } from 'prom-client';

/** What our own metrics say of activities, beside those of the Temporal SDK. */
export interface ActivityMetrics {
  readonly registry: Registry;
  /** `outcome`: `completed`, `cancelled`, or the error's code. */
  observe(activity: string, outcome: string, durationMs: number): void;
}

const bucketsSeconds = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300];

/** A fresh set of metrics; labels hold names of activities and error codes only. */
export function openActivityMetrics(): ActivityMetrics {
  const registry = new Registry();
  const ended = new Counter({
    name: 'ssakv_activities_total',
    help: 'Activity attempts that ended, by activity and outcome (completed, cancelled or an error code).',
    labelNames: ['activity', 'outcome'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'ssakv_activity_duration_seconds',
    help: 'How long activity attempts took.',
    labelNames: ['activity'],
    buckets: bucketsSeconds,
    registers: [registry],
  });
  return {
    registry,
    observe(activity, outcome, durationMs) {
      ended.inc({ activity, outcome });
      duration.observe({ activity }, durationMs / 1000);
    },
  };
}
