import type { CycleReport, CycleResult } from '../../domain/cycles';
import { exitCodes, type ExitCode } from './exit-codes';
import { table } from './output';

/** What became of a cycle, for a person. */
export function cycleText(result: CycleResult): string {
  switch (result.outcome) {
    case 'AlreadyRunning':
      return `Another cycle of ${result.connector} runs already: ${result.workflowId} (run ${result.runId}). Nothing was started.`;
    case 'NotActive':
      return `${result.connector} is ${result.state}, so nothing was synced.${result.reason && ` The reason that was given: ${result.reason}`}`;
    case 'Completed':
    case 'DryRun':
    case 'Cancelled':
    case 'Failed':
      return reportText(result);
  }
}

/** The exit status of a command that ran a cycle. */
export function cycleExitCode(result: CycleResult): ExitCode {
  switch (result.outcome) {
    case 'AlreadyRunning':
    case 'NotActive':
      return exitCodes.needsAttention;
    case 'Cancelled':
    case 'Failed':
      return exitCodes.failed;
    case 'Completed':
    case 'DryRun':
      return result.problemsInAll > 0 ? exitCodes.needsAttention : exitCodes.ok;
  }
}

/** `3 created, 1 updated, 2 held`, or `nothing to do`. */
export function countsText(counts: Readonly<Record<string, number>>): string {
  const sums = new Map<string, number>();
  for (const [name, count] of Object.entries(counts)) {
    if (count > 0) sums.set(inWords(name), (sums.get(inWords(name)) ?? 0) + count);
  }
  return [...sums].map(([words, count]) => `${count} ${words}`).join(', ') || 'nothing to do';
}

/** The ledger counts by decision and state, for example `create.done`. */
const wordsOfCounts: Readonly<Record<string, string>> = {
  'create.done': 'created',
  'push.done': 'updated',
  'repairTags.done': 'with repaired tags',
  'rebase.done': 'agreed anew',
  'none.done': 'found unchanged',
  'settle.done': 'settled after an interruption',
  'create.planned': 'to create',
  'push.planned': 'to update',
  'repairTags.planned': 'with tags to repair',
  'settle.planned': 'to settle after an interruption',
};

/** Of what was not written, the state says enough: whether a `push` or a `create` is held is no matter here. */
function inWords(name: string): string {
  return wordsOfCounts[name] ?? name.split('.').at(-1) ?? name;
}

function reportText(report: CycleReport): string {
  const calls = Object.values(report.calls).reduce((sum, count) => sum + count, 0);
  const lines = [
    `${report.connector}: ${report.outcome} in ${report.durationSeconds} s; ${countsText(report.counts)}.`,
    `Calls to the outside: ${calls}.`,
  ];
  if (report.problemsInAll === 0) return lines.join('\n');
  const rows = report.problems.map((problem) => [
    String(problem.secretId),
    problem.externalName,
    problem.state,
    problem.code,
    problem.reason,
  ]);
  const heading = ['SECRET', 'EXTERNAL NAME', 'STATE', 'CODE', 'REASON'];
  return [
    ...lines,
    '',
    `${report.problemsInAll} ${report.problemsInAll === 1 ? 'needs' : 'need'} attention:`,
    table(heading, rows),
  ].join('\n');
}
