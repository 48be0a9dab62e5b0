import { describeFailure } from '../failure';

/** What one check found. A warning works today and will not for ever. */
export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  /** What was found, in one sentence or a few words. */
  readonly found: string;
}

export function ok(check: string, found: string): Finding {
  return { check, status: 'ok', found };
}

export function warning(check: string, found: string): Finding {
  return { check, status: 'warning', found };
}

export function failed(check: string, found: string): Finding {
  return { check, status: 'failed', found };
}

export function skipped(check: string, found: string): Finding {
  return { check, status: 'skipped', found };
}

/** Runs a check; an error of it is a finding like any other. */
export async function examine(check: string, work: () => Promise<Finding>): Promise<Finding> {
  try {
    return await work();
  } catch (error) {
    const { message, code } = describeFailure(error);
    return failed(check, `${message} [${code}]`);
  }
}
