/** The time that every stand-in goes by: the machine's, moved by an offset that the control endpoint sets. */
export class Clock {
  #offsetMs = 0;

  /** The current time of the stand-ins' world. */
  now(): Date {
    return new Date(Date.now() + this.#offsetMs);
  }

  /** The offset in seconds. */
  get offsetSeconds(): number {
    return this.#offsetMs / 1000;
  }

  /** Moves the world's time: `offsetSeconds` is added to the machine's clock and replaces an earlier offset. */
  setOffset(offsetSeconds: number): void {
    this.#offsetMs = offsetSeconds * 1000;
  }
}

/** Whole seconds since 1970, the unit of time on Azure's wire. */
export function epochSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
