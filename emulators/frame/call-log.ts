import type { ServiceName } from './stand-in';

/** One answered call, without its bodies and headers: values must not outlive the call. */
export interface CallEntry {
  /** Counts up from 1 in the order in which calls ended. */
  readonly n: number;
  readonly service: ServiceName;
  readonly operation: string;
  readonly object: string;
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  /** HTTP status, or 0 when the connection was cut without an answer. */
  readonly status: number;
  readonly clientRequestId: string | undefined;
  /** When the call arrived, by the stand-ins' clock. */
  readonly at: string;
  /** The fault that met this call, if one did. */
  readonly fault: string | undefined;
}

/** How often an operation ended with a status. */
export interface CallCount {
  readonly service: ServiceName;
  readonly operation: string;
  readonly status: number;
  count: number;
}

const KEPT_ENTRIES = 100_000;

/** Counts every call and remembers the newest ones, in memory only. */
export class CallLog {
  #entries: CallEntry[] = [];
  #counts = new Map<string, CallCount>();
  #sequence = 0;

  record(entry: Omit<CallEntry, 'n'>): void {
    this.#sequence += 1;
    this.#entries.push({ n: this.#sequence, ...entry });
    // Dropping in halves keeps the cost of a call constant.
    if (this.#entries.length > KEPT_ENTRIES) this.#entries = this.#entries.slice(KEPT_ENTRIES / 2);
    const { service, operation, status } = entry;
    const key = `${service} ${operation} ${status}`;
    const counted = this.#counts.get(key);
    if (counted) counted.count += 1;
    else this.#counts.set(key, { service, operation, status, count: 1 });
  }

  /** Counts by service, operation and status, and totals by service. */
  stats(): { calls: readonly CallCount[]; totals: Record<ServiceName, number>; total: number } {
    const calls = [...this.#counts.values()].sort(
      (a, b) =>
        a.service.localeCompare(b.service) || a.operation.localeCompare(b.operation) || a.status - b.status,
    );
    const totals: Record<ServiceName, number> = { entra: 0, keyVault: 0, secretServer: 0 };
    for (const { service, count } of calls) totals[service] += count;
    return { calls, totals, total: totals.entra + totals.keyVault + totals.secretServer };
  }

  /** Entries after number `after`, at most `limit`, and the number of the newest call. */
  after(after: number, limit: number): { entries: readonly CallEntry[]; newest: number } {
    const start = this.#entries.findIndex((entry) => entry.n > after);
    return {
      entries: start < 0 ? [] : this.#entries.slice(start, start + limit),
      newest: this.#sequence,
    };
  }

  /** Forgets counts and entries; numbering goes on, so that a reader of the log misses nothing. */
  reset(): void {
    this.#entries = [];
    this.#counts.clear();
  }
}
