/**
 * What goes in and out of the workflows: one JSON object each, names, codes and counts only, never a value.
 *
 * The shapes of inputs are for callers in code. What a person types into the Web UI is parsed by the first step of each
 * workflow, which answers with `InvalidInput` and says what is wrong.
 */

export interface SyncCycleInput {
  /** May be left out while there is only one connector. */
  readonly connector?: string;
  /** Plan and report, write nothing. */
  readonly dryRun?: boolean;
  /** Set by the workflow itself when it continues as new. */
  readonly continued?: ContinuedCycle;
}

export interface ContinuedCycle {
  readonly cycleId: string;
  readonly nextPage: number;
  readonly pages: number;
}

export interface SyncSecretsInput {
  readonly connector?: string;
  /** Numbers of the secrets in Secret Server. */
  readonly secretIds: readonly number[];
  readonly dryRun?: boolean;
}

/** One secret that was not synced, and why. `reason` is written for an operator. */
export interface CycleProblem {
  readonly secretId: number;
  readonly externalName: string;
  readonly state: string;
  readonly code: string;
  readonly reason: string;
}

export interface CycleReport {
  readonly outcome: 'Completed' | 'DryRun' | 'Cancelled' | 'Failed';
  readonly connector: string;
  readonly cycleId: string;
  /** How many secrets by what became of them, for example `created` or `held`. */
  readonly counts: Readonly<Record<string, number>>;
  /** Calls by side and operation, for example `keyVault.list`. */
  readonly calls: Readonly<Record<string, number>>;
  /** The first of the secrets that need attention; all of them are in the ledger. */
  readonly problems: readonly CycleProblem[];
  readonly problemsInAll: number;
  readonly durationSeconds: number;
  readonly planHash: string | undefined;
  /** The end of the connector's audit chain at that time. */
  readonly auditHead: { readonly sequence: number; readonly mac: string } | undefined;
}

export type CycleResult =
  | CycleReport
  | {
      readonly outcome: 'AlreadyRunning';
      readonly connector: string;
      readonly workflowId: string;
      readonly runId: string;
    }
  | {
      readonly outcome: 'NotActive';
      readonly connector: string;
      readonly state: string;
      readonly reason: string;
    };

/** Where a cycle stands; the answer to the query `progress`. */
export interface CycleProgress {
  readonly phase:
    'beginning' | 'scanning' | 'planning' | 'guarding' | 'applying' | 'retrying' | 'reporting' | 'ended';
  readonly paused: boolean;
  readonly pagesDone: number;
  readonly pages: number;
  readonly planned: number;
  readonly counts: Readonly<Record<string, number>>;
}
