/** How Secret Server writes "never" (captured answers of a real server). */
export const never = '0001-01-01T00:00:00';

/** A date-time as Secret Server sends it: no zone, milliseconds. The stand-in's server lives in UTC. */
export function zoneless(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 23);
}
