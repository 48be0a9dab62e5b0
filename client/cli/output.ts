import { openProgress } from '../supervisor/progress-lines';
import { progressStyle, type Progress } from '../supervisor/progress';
import type { FailureText } from '../failure';

/** Where a command writes: results to standard output, everything else to standard error. */
export interface Output {
  readonly json: boolean;
  /** One JSON line, or text for a person. */
  result(value: object, text: string): void;
  failure(failure: FailureText): void;
  /** Steps and bars of long work. */
  readonly progress: Progress;
}

/** The output of one command. */
export function openOutput(json: boolean): Output {
  const progress = openProgress(progressStyle(json, process.stderr), process.stderr);
  return {
    json,
    progress,
    result: (value, text) => process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`),
    failure: (failure) => {
      progress.finish();
      const text = json ? JSON.stringify({ error: failure }) : `ssakv: ${failure.message} [${failure.code}]`;
      process.stderr.write(`${text}\n`);
    },
  };
}

/** Rows under a heading, in columns as wide as their longest cell. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '(none)';
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return [heading, ...rows].map((cells) => line(cells).trimEnd()).join('\n');
}
