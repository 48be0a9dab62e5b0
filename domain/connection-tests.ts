import type { CycleResult } from './cycles';

/** The input of workflows that need nothing but a connector, which may be left out while there is only one. */
export interface ConnectorInput {
  readonly connector?: string;
}

export interface ConnectionCheck {
  readonly name: 'token' | 'read' | 'tagWrite';
  readonly passed: boolean;
  /** What was found. */
  readonly found: string;
  /** What to do about it; only where the check failed. */
  readonly remedy?: string;
  readonly code?: string;
}

export interface ConnectionTestResult {
  readonly connector: string;
  readonly passed: boolean;
  readonly checks: readonly ConnectionCheck[];
}

export interface ActivationResult {
  readonly connector: string;
  readonly outcome: 'Active' | 'TestFailed';
  readonly checks: readonly ConnectionCheck[];
  readonly initialSync?: CycleResult;
}

/** The checks as the Web UI shows them. */
export function describeChecks(connector: string, checks: readonly ConnectionCheck[]): string {
  const rows = checks.map(
    ({ name, passed, found, remedy }) =>
      `| ${name} | ${passed ? 'passed' : '**failed**'} | ${found} | ${remedy ?? ''} |`,
  );
  return [
    `**${connector}**: connection test`,
    '',
    '| check | result | found | what to do |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
