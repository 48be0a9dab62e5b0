import { catalogue, type ErrorCode } from '../domain/errors/catalogue';
import { SsakvError } from '../domain/errors/ssakv-error';

/** A place inside a configuration file: member names and list positions. */
export type SettingPath = readonly (string | number)[];

/** One thing that is wrong with a configuration file. No member ever holds a secret value. */
export interface Problem {
  readonly code: ErrorCode;
  readonly file: string;
  readonly line?: number | undefined;
  readonly path: SettingPath;
  readonly found: string;
  readonly expected: string;
  readonly example?: string | undefined;
}

/**
 * Throws one SsakvError that lists every problem, or returns when there is none.
 *
 * Its code is that of the problems when they all share one, else `ConfigurationInvalid`.
 */
export function refuseProblems(problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const shared = problems.every((problem) => problem.code === first.code);
  const lines = problems.map((problem) => `\n  - ${describeProblem(problem)}`).join('');
  throw new SsakvError(shared ? first.code : 'ConfigurationInvalid', { detail: `${lines}\n` });
}

/** One line: `file:line, path: found …; expected …; for example …`. */
function describeProblem(problem: Problem): string {
  const place = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`;
  const where = problem.path.length === 0 ? place : `${place}, ${pathText(problem.path)}`;
  const example = problem.example === undefined ? '' : `; for example ${problem.example}`;
  const code =
    problem.code === 'ConfigurationInvalid' ? '' : ` [${problem.code}: ${catalogue[problem.code].remedy}]`;
  return `${where}: found ${problem.found}; expected ${problem.expected}${example}${code}`;
}

/** `external_vault_template_maps[0].field_map[1].ss_field` */
export function pathText(path: SettingPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}
