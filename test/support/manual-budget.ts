/** A call budget that writes down what was spent and can be made to wait. */
export class ManualBudget {
  readonly spent: ('create' | 'other')[] = [];
  #delayMs = 0;

  readonly spend = async (kind: 'create' | 'other'): Promise<void> => {
    const delayMs = this.#delayMs;
    this.#delayMs = 0;
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    this.spent.push(kind);
  };

  /** The next call waits so long for its turn. */
  delayNextMs(delayMs: number): void {
    this.#delayMs = delayMs;
  }
}
