import type { ServiceName } from './stand-in';

/** Which calls a fault is for; members left out match everything. */
interface FaultMatch {
  readonly service: ServiceName;
  readonly operation?: string | undefined;
  /** The object exactly. */
  readonly object?: string | undefined;
  /** A regular expression over the object. */
  readonly objectPattern?: string | undefined;
  readonly method?: string | undefined;
  /** Only calls that carry (true) or lack (false) an Authorization header, so that a client's first probe can be spared. */
  readonly withToken?: boolean | undefined;
}

/**
 * What happens to a matched call. `when` tells whether the call's own effect has not happened (`before`) or has
 * happened (`after`) at that point. After a delay or a release the call goes on and is answered normally.
 */
export type FaultEffect =
  | {
      kind: 'answer';
      when: 'before' | 'after';
      status: number;
      headers: Record<string, string>;
      body?: unknown;
    }
  | { kind: 'delay'; when: 'before' | 'after'; delayMs: number }
  | { kind: 'cut'; when: 'before' | 'after' }
  | { kind: 'garbage'; when: 'before' | 'after' }
  | { kind: 'hold'; when: 'before' | 'after' };

export interface FaultRequest {
  readonly match: FaultMatch;
  /** The first matching call that is hit, counted from 1. */
  readonly nth: number;
  /** How many matching calls are hit from there on. */
  readonly count: number | 'unlimited';
  readonly effect: FaultEffect;
}

/** A call as faults see it. */
export interface FaultCall {
  readonly service: ServiceName;
  readonly operation: string;
  readonly object: string;
  readonly method: string;
  readonly withToken: boolean;
}

type Release = 'proceed' | 'cut';

/** A fault that is in force. */
export class Fault {
  #seen = 0;
  #hit = 0;
  #waiting: ((release: Release) => void)[] = [];

  constructor(
    readonly id: string,
    readonly request: FaultRequest,
  ) {}

  /** True when this call is one that the fault hits. Counts the call if it matches. */
  meets(call: FaultCall): boolean {
    if (!matches(this.request.match, call)) return false;
    this.#seen += 1;
    const last = this.request.count === 'unlimited' ? Infinity : this.request.nth + this.request.count - 1;
    return this.#seen >= this.request.nth && this.#seen <= last;
  }

  countHit(): void {
    this.#hit += 1;
  }

  /** Waits until the held calls are released: `proceed` lets them go on, `cut` ends them without an answer. */
  async held(): Promise<Release> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Ends the wait of all calls held now; returns how many there were. */
  release(release: Release): number {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume(release);
    return waiting.length;
  }

  describe(): FaultRequest & { id: string; seen: number; hit: number; held: number } {
    return { id: this.id, ...this.request, seen: this.#seen, hit: this.#hit, held: this.#waiting.length };
  }
}

/** The faults in force. Where several are for the same call, the one added first takes it; all of them count it. */
export class Faults {
  #faults: Fault[] = [];
  #sequence = 0;

  add(request: FaultRequest): Fault {
    this.#sequence += 1;
    const fault = new Fault(`fault-${this.#sequence}`, request);
    this.#faults.push(fault);
    return fault;
  }

  find(id: string): Fault | undefined {
    return this.#faults.find((fault) => fault.id === id);
  }

  list(): ReturnType<Fault['describe']>[] {
    return this.#faults.map((fault) => fault.describe());
  }

  /** The fault that hits this call, if any. */
  take(call: FaultCall): Fault | undefined {
    const meeting = this.#faults.filter((fault) => fault.meets(call));
    meeting[0]?.countHit();
    return meeting[0];
  }

  /** Removes one fault; calls that it holds go on. */
  remove(id: string): boolean {
    const fault = this.find(id);
    this.#faults = this.#faults.filter((other) => other !== fault);
    fault?.release('proceed');
    return fault !== undefined;
  }

  /** Removes all faults; calls that they hold go on, or end without an answer when the world they were for is gone. */
  clear(release: Release): void {
    const faults = this.#faults;
    this.#faults = [];
    for (const fault of faults) fault.release(release);
  }
}

function matches(match: FaultMatch, call: FaultCall): boolean {
  return (
    match.service === call.service &&
    (match.operation === undefined || match.operation === call.operation) &&
    (match.object === undefined || match.object === call.object) &&
    (match.objectPattern === undefined || new RegExp(match.objectPattern).test(call.object)) &&
    (match.method === undefined || match.method === call.method) &&
    (match.withToken === undefined || match.withToken === call.withToken)
  );
}
