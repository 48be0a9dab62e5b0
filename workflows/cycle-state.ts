import { condition, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { BegunCycle } from '../activities/begin-cycle';
import type { CycleProgress, CycleReport } from '../domain/cycles';
import { describeCycle } from '../domain/cycle-details';

/** What a running cycle shows in the Web UI and answers to `progress`. Kept in memory; costs no event. */
export class CycleState {
  nextPage = 0;
  pages = 0;
  private phase: CycleProgress['phase'] = 'beginning';
  private paused = false;
  private pagesDone = 0;
  private planned = 0;
  private counts: Readonly<Record<string, number>> = {};
  private connector = '';

  begin(cycle: BegunCycle): void {
    this.connector = cycle.connector;
    this.pages = cycle.continued?.pages ?? 0;
    this.pagesDone = cycle.continued?.nextPage ?? 0;
    upsertSearchAttributes({ SsakvConnector: [cycle.connector] });
    this.show();
  }

  enter(phase: CycleProgress['phase']): void {
    this.phase = phase;
    this.show();
  }

  plan(plan: { pages: number; planned: number; counts: Readonly<Record<string, number>> }): void {
    this.pages = plan.pages;
    this.planned = plan.planned;
    this.counts = plan.counts;
    this.show();
  }

  pageDone(): void {
    this.pagesDone += 1;
    this.show();
  }

  pause(): void {
    this.paused = true;
    this.show();
  }

  resume(): void {
    this.paused = false;
    this.show();
  }

  async untilNotPaused(): Promise<void> {
    if (this.paused) await condition(() => !this.paused);
  }

  progress(): CycleProgress {
    const { phase, paused, pagesDone, pages, planned, counts } = this;
    return { phase, paused, pagesDone, pages, planned, counts };
  }

  end(report: CycleReport): void {
    this.phase = 'ended';
    this.counts = report.counts;
    const [problem] = report.problems;
    upsertSearchAttributes({
      SsakvState: [problem === undefined ? report.outcome : 'NeedsAttention'],
      ...(problem === undefined ? {} : { SsakvReason: [problem.code] }),
    });
    setCurrentDetails(describeCycle({ connector: this.connector, progress: this.progress(), report }));
  }

  private show(): void {
    setCurrentDetails(
      describeCycle({ connector: this.connector, progress: this.progress(), report: undefined }),
    );
  }
}
