import type { CycleProgress, CycleReport } from './cycles';

export interface CycleDetails {
  readonly connector: string;
  readonly progress: CycleProgress;
  readonly report: CycleReport | undefined;
}

const problemsShown = 20;

/** The Markdown that the Web UI shows for a cycle: what happened, what it waits for, and what can be sent next. */
export function describeCycle({ connector, progress, report }: CycleDetails): string {
  const lines = [
    `**${connector || 'Connector'}**: ${phaseSentence(progress)}`,
    '',
    ...countTable(progress.counts),
    ...(report === undefined ? nextMessages(progress) : reportLines(report)),
  ];
  return lines.join('\n');
}

function phaseSentence(progress: CycleProgress): string {
  if (progress.paused) return 'paused before the next page.';
  switch (progress.phase) {
    case 'beginning':
      return 'checking the input and taking the cycle lease.';
    case 'scanning':
      return 'listing both sides; no value is read.';
    case 'planning':
      return 'comparing what moved.';
    case 'guarding':
      return 'proving that no name collides.';
    case 'applying':
      return `applying: ${progress.pagesDone} of ${progress.pages} pages done.`;
    case 'retrying':
      return 'trying single secrets again.';
    case 'reporting':
      return 'writing the report.';
    case 'ended':
      return 'ended.';
  }
}

function countTable(counts: Readonly<Record<string, number>>): readonly string[] {
  const rows = Object.entries(counts).sort(([a], [b]) => a.localeCompare(b));
  if (rows.length === 0) return [];
  return [
    '| what | secrets |',
    '| --- | ---: |',
    ...rows.map(([what, count]) => `| ${what} | ${count} |`),
    '',
  ];
}

function nextMessages(progress: CycleProgress): readonly string[] {
  return progress.paused
    ? ['Send the signal `resume` to go on.']
    : ['Send the signal `pause` to stop before the next page.'];
}

function reportLines(report: CycleReport): readonly string[] {
  const calls = Object.entries(report.calls).sort(([a], [b]) => a.localeCompare(b));
  return [
    `Outcome **${report.outcome}** after ${report.durationSeconds} s.`,
    '',
    ...(calls.length === 0 ? [] : ['| calls | number |', '| --- | ---: |']),
    ...calls.map(([operation, count]) => `| ${operation} | ${count} |`),
    ...problemLines(report),
  ];
}

function problemLines(report: CycleReport): readonly string[] {
  if (report.problems.length === 0) return [];
  const shown = report.problems.slice(0, problemsShown);
  return [
    '',
    `${report.problemsInAll} secrets need attention${report.problemsInAll > shown.length ? '; the first of them' : ''}:`,
    '',
    '| secret | state | code | why |',
    '| --- | --- | --- | --- |',
    ...shown.map(
      ({ externalName, state, code, reason }) => `| ${externalName} | ${state} | ${code} | ${cell(reason)} |`,
    ),
  ];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
