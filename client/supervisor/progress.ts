/** Tells a person, or a program that reads lines, what is going on. Everything goes to standard error. */
export interface Progress {
  /** A step begins. It ends with the next step, or with `finish`. */
  step(title: string): void;
  /** One sentence about the running step. */
  note(sentence: string): void;
  /** How far the running step is; `total` may grow. */
  advance(done: number, total: number): void;
  /** The last step is over. */
  finish(): void;
}

export type ProgressStyle = 'terminal' | 'lines' | 'json';

/** JSON lines when the caller wants JSON; colours and a bar on a terminal; plain lines otherwise. */
export function progressStyle(json: boolean, stream: NodeJS.WriteStream): ProgressStyle {
  if (stream.isTTY && !json && process.env['NO_COLOR'] === undefined) return 'terminal';
  return json ? 'json' : 'lines';
}
