import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { StandIn } from './stand-in';

const SAVE_AFTER_MS = 500;
// A large world takes long to write; waiting a multiple of that keeps the process mostly free for calls.
const REST_FACTOR = 20;

/** Keeps the state of all stand-ins in one file, so that a second start continues where the first ended. */
export class StateStore {
  readonly #file: string;
  readonly #standIns: () => Iterable<StandIn>;
  #timer: NodeJS.Timeout | undefined;
  #lastSaveMs = 0;

  constructor(dataDirectory: string, standIns: () => Iterable<StandIn>) {
    this.#file = path.join(dataDirectory, 'state.json');
    this.#standIns = standIns;
  }

  /** Restores every stand-in. False on a first start. */
  restore(): boolean {
    if (!existsSync(this.#file)) return false;
    const saved = JSON.parse(readFileSync(this.#file, 'utf8')) as Record<string, unknown>;
    for (const standIn of this.#standIns()) {
      const state = saved[standIn.service];
      if (state !== undefined) standIn.restore(state);
    }
    return true;
  }

  /** Saves soon; changes until then go into the same write. */
  saveSoon(): void {
    this.#timer ??= setTimeout(() => this.save(), Math.max(SAVE_AFTER_MS, this.#lastSaveMs * REST_FACTOR));
    this.#timer.unref();
  }

  /** Saves now: written beside the file and renamed over it, so that a crash leaves the old or the new state. */
  save(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const started = performance.now();
    const state = Object.fromEntries(
      [...this.#standIns()].map((standIn) => [standIn.service, standIn.snapshot()]),
    );
    const temporary = `${this.#file}.new`;
    writeFileSync(temporary, JSON.stringify(state), { mode: 0o600 });
    renameSync(temporary, this.#file);
    this.#lastSaveMs = performance.now() - started;
  }
}
