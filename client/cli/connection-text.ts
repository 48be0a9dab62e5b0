import type { ActivationResult, ConnectionCheck } from '../../domain/connection-tests';
import { cycleText } from './cycle-text';

const checkTitles: Readonly<Record<ConnectionCheck['name'], string>> = {
  token: 'sign in to both sides',
  read: 'read from both sides',
  tagWrite: 'write a tag on the probe secret',
};

/** The three checks of a connection test, each failed one with what to do. */
export function checksText(checks: readonly ConnectionCheck[]): string {
  return checks.map(checkText).join('\n');
}

/** What became of an activation, for a person. */
export function activationText(result: ActivationResult): string {
  const checks = checksText(result.checks);
  if (result.outcome === 'TestFailed') return `${checks}\n\n${result.connector} was not activated.`;
  const initial = result.initialSync === undefined ? '' : `\n\n${cycleText(result.initialSync)}`;
  return `${checks}\n\n${result.connector} is active.${initial}`;
}

function checkText({ name, passed, found, remedy }: ConnectionCheck): string {
  const line = `${passed ? 'passed' : 'FAILED'}  ${checkTitles[name]}: ${found}`;
  return remedy === undefined ? line : `${line}\n        ${remedy}`;
}
