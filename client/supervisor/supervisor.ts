import { setTimeout as delay } from 'node:timers/promises';
import { SsakvError } from '../../domain/errors/ssakv-error';
import type { DataDirectory } from './data-directory';
import { logFileOf, startPart, type Part, type PartDefinition } from './part';

const restartDelayMs = 500;
/** A part that dies this often within the window does not come back by being started again. */
const maxRestarts = 5;
const restartWindowMs = 60_000;

/** Starts parts in order, keeps them alive, and stops them in reverse order. */
export class Supervisor {
  private readonly parts: Part[] = [];
  private stopping = false;
  private readonly lost = Promise.withResolvers<SsakvError>();

  constructor(
    private readonly directory: DataDirectory,
    private readonly report: (sentence: string) => void,
  ) {}

  /** Settles with the reason when a part ends that the run cannot do without. */
  get failure(): Promise<SsakvError> {
    return this.lost.promise;
  }

  /**
   * Starts a part and waits until it is ready.
   *
   * @returns its ready line, if it announces itself by one
   * @throws SsakvError PartFailedToStart
   */
  async start(definition: PartDefinition): Promise<string | undefined> {
    if (this.stopping) throw new SsakvError('PartFailedToStart', { detail: 'ssakv is being stopped.' });
    const part = startPart(definition, this.directory, false);
    this.parts.push(part);
    const readyLine = await part.ready;
    void this.watch(part, []);
    return readyLine;
  }

  /** Stops every part, the last started first. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const part of this.parts.toReversed()) await part.stop();
    this.parts.length = 0;
  }

  private async watch(part: Part, restarts: readonly number[]): Promise<void> {
    await part.ended;
    if (this.stopping) return;
    const recent = restarts.filter((time) => Date.now() - time < restartWindowMs);
    if (part.definition.whenItEnds === 'endRun' || recent.length >= maxRestarts) return this.giveUp(part);
    this.report(`The ${part.definition.name} stopped; starting it again.`);
    await delay(restartDelayMs);
    await this.restart(part, [...recent, Date.now()]);
  }

  private async restart(part: Part, restarts: readonly number[]): Promise<void> {
    if (this.stopping) return;
    const successor = startPart(part.definition, this.directory, true);
    this.parts[this.parts.indexOf(part)] = successor;
    try {
      await successor.ready;
      void this.watch(successor, restarts);
    } catch {
      this.giveUp(part);
    }
  }

  private giveUp(part: Part): void {
    const log = logFileOf(this.directory, part.definition.name);
    this.lost.resolve(
      new SsakvError('PartStopped', { detail: `It is the ${part.definition.name}; its log is ${log}.` }),
    );
  }
}
