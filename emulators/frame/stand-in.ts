/** The services that have a stand-in, as the control endpoint names them. */
export const services = ['entra', 'keyVault', 'secretServer'] as const;

export type ServiceName = (typeof services)[number];

/** What a call does, for counting, the log and fault matching. `object` is the name or id it acts on, or ''. */
export interface CallClass {
  readonly operation: string;
  readonly object: string;
}

/**
 * One service over HTTP. The frame around it listens, counts, logs, injects faults and keeps its state on disk,
 * so that a stand-in holds nothing but the service's own behaviour.
 */
export interface StandIn {
  readonly service: ServiceName;
  /** Names the operation and object of a call without doing it. Never throws. */
  classify(request: { method: string; url: URL }): CallClass;
  /** Does the call. The request's URL carries the scheme, host and port that the client used. */
  handle(request: Request): Promise<Response>;
  /** The whole state as JSON data. */
  snapshot(): unknown;
  /** Replaces the whole state by an earlier snapshot. */
  restore(state: unknown): void;
  /** Back to the state of a new installation. */
  reset(): void;
}

/** What a stand-in is made from. `onChange` is to be called after every change of state, so that it gets saved. */
export interface StandInOptions {
  readonly clock: { now(): Date };
  onChange(): void;
}
