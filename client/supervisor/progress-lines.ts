import { SingleBar } from 'cli-progress';
import type { Progress, ProgressStyle } from './progress';

const stepWidth = 3;

/** The progress reporter of one style. */
export function openProgress(style: ProgressStyle, stream: NodeJS.WritableStream): Progress {
  if (style === 'json') return new JsonProgress(stream);
  return style === 'terminal' ? new TerminalProgress(stream) : new LineProgress(stream);
}

class JsonProgress implements Progress {
  private title = '';
  private lastPercent = -1;

  constructor(private readonly stream: NodeJS.WritableStream) {}

  step(title: string): void {
    this.title = title;
    this.lastPercent = -1;
    this.write({ step: title });
  }

  note(sentence: string): void {
    this.write({ step: this.title, note: sentence });
  }

  advance(done: number, total: number): void {
    const percent = percentOf(done, total);
    if (percent === this.lastPercent) return;
    this.lastPercent = percent;
    this.write({ step: this.title, done, total });
  }

  finish(): void {
    this.title = '';
  }

  private write(line: object): void {
    this.stream.write(`${JSON.stringify({ time: new Date().toISOString(), ...line })}\n`);
  }
}

class LineProgress implements Progress {
  private lastTenth = -1;

  constructor(private readonly stream: NodeJS.WritableStream) {}

  step(title: string): void {
    this.lastTenth = -1;
    this.stream.write(`- ${title}\n`);
  }

  note(sentence: string): void {
    this.stream.write(`${' '.repeat(stepWidth)}${sentence}\n`);
  }

  advance(done: number, total: number): void {
    const tenth = Math.floor(percentOf(done, total) / 10);
    if (tenth === this.lastTenth) return;
    this.lastTenth = tenth;
    this.note(`${done} of ${total}`);
  }

  finish(): void {}
}

class TerminalProgress implements Progress {
  private running: { readonly title: string; readonly startedAt: number } | undefined;
  private bar: SingleBar | undefined;

  constructor(private readonly stream: NodeJS.WritableStream) {}

  step(title: string): void {
    this.finish();
    this.running = { title, startedAt: Date.now() };
    this.stream.write(`\u001B[2m…\u001B[0m  ${title}`);
  }

  note(sentence: string): void {
    this.stream.write(`\r\u001B[K   \u001B[2m${sentence}\u001B[0m\n`);
    if (this.running) this.stream.write(`\u001B[2m…\u001B[0m  ${this.running.title}`);
  }

  advance(done: number, total: number): void {
    if (this.bar === undefined) {
      const format = `\u001B[2m…\u001B[0m  ${this.running?.title ?? ''} {bar} {value}/{total}`;
      this.bar = new SingleBar({
        format,
        barsize: 24,
        hideCursor: true,
        stream: this.stream,
        clearOnComplete: true,
      });
      this.bar.start(total, done);
    }
    this.bar.setTotal(total);
    this.bar.update(done);
  }

  finish(): void {
    this.bar?.stop();
    this.bar = undefined;
    if (this.running === undefined) return;
    const seconds = ((Date.now() - this.running.startedAt) / 1000).toFixed(1);
    this.stream.write(
      `\r\u001B[K\u001B[32m✓\u001B[0m  ${this.running.title} \u001B[2m${seconds} s\u001B[0m\n`,
    );
    this.running = undefined;
  }
}

function percentOf(done: number, total: number): number {
  return total === 0 ? 0 : Math.floor((done * 100) / total);
}
