import { countsText } from '../cli/cycle-text';
import { scheduleIdOf } from '../schedules';
import type { Ports } from '../supervisor/ports';
import { namespaceLink, scheduleLink, startFormLink } from '../temporal/web-ui-links';
import { webUiOf, type RunningInstallation } from './embedded';

interface ScreenParts {
  readonly connector: string;
  readonly intervalSeconds: number;
  readonly ports: Ports;
  readonly running: RunningInstallation;
  /** The option that leads commands to this installation, or nothing when they find it by themselves. */
  readonly configOption: string;
  readonly logs: string;
  /** Lines about what was made for this run. */
  readonly notes: readonly string[];
}

/** What was synced, where to look, what to try next. */
export function readyScreen(parts: ScreenParts): string {
  const { connector, ports, configOption } = parts;
  const ui = webUiOf(ports);
  return [
    'ssakv is ready.',
    '',
    ...rows([
      ['Connector', `${connector}, ${stateOf(parts)}`],
      ['Secrets', secretsText(parts)],
      ...parts.notes.map((note): [string, string] => ['', note]),
    ]),
    '',
    'Where to look',
    ...rows([
      ['Temporal Web UI', namespaceLink(ui)],
      ['The schedule', scheduleLink(ui, scheduleIdOf(connector))],
      ['Start a cycle', startFormLink(ui, 'syncCycle', `sync/${connector}`)],
      ['Test the connection', startFormLink(ui, 'testConnection', `test/${connector}`)],
      [
        'Health, metrics',
        `http://127.0.0.1:${ports.http}/readyz   http://127.0.0.1:${ports.metrics}/metrics`,
      ],
      ['Logs', parts.logs],
    ]),
    '',
    'What to try next, in another terminal',
    `  npx ssakv secret list${configOption}`,
    `  npx ssakv sync run${configOption}`,
    `  npx ssakv doctor${configOption}`,
    '',
    'Ctrl-C stops everything; the next start continues from here.',
  ].join('\n');
}

function stateOf({ running, intervalSeconds }: ScreenParts): string {
  const state = running.overview?.state ?? 'unknown';
  return state === 'Active' ? `active, a cycle every ${intervalSeconds} s` : state.toLowerCase();
}

function secretsText({ running }: ScreenParts): string {
  const initial = running.activation?.initialSync;
  const counts =
    initial !== undefined && 'counts' in initial ? initial.counts : running.overview?.lastCycle?.counts;
  return `${running.overview?.pairs ?? 0} pairs; last cycle: ${countsText(counts ?? {})}`;
}

function rows(lines: readonly [string, string][]): string[] {
  return lines.map(([name, text]) => `  ${name.padEnd(20)} ${text}`);
}
