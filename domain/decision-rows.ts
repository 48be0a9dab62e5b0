/** What each row of the decision table that is not built yet says of a pair, as an operator reads it. */
const states: Readonly<Record<number, string>> = {
  1: 'The secret is only in Secret Server, and the direction allows no push.',
  3: 'Only Secret Server changed the values, and the direction allows no push.',
  4: 'Only Azure changed the values.',
  6: 'Both sides changed the values, each of them other keys.',
  7: 'Both sides changed the values, or it is not known which of them did.',
  9: 'The external secret was deleted in Azure.',
  10: 'The secret was deactivated in Secret Server, or it left the governed folders.',
  11: 'The secret is gone on both sides.',
  14: 'Azure made a new version without our mark.',
};

/** One sentence about a state that is only reported. */
export function describeRow(row: number): string {
  return states[row] ?? `The state has the number ${row} in the table of decisions.`;
}
