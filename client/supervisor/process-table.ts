import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Whether a process of that id exists (also when it belongs to another user). */
export function isProcessAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The command line of a process, or undefined when there is none. Process ids are reused, so callers compare it. */
export function commandLineOf(processId: number): string | undefined {
  return process.platform === 'linux' ? readFromProc(processId) : askPs(processId);
}

// Slim container images have no `ps`.
function readFromProc(processId: number): string | undefined {
  try {
    return readFileSync(`/proc/${processId}/cmdline`, 'utf8').split('\0').join(' ').trim() || undefined;
  } catch {
    return undefined;
  }
}

function askPs(processId: number): string | undefined {
  try {
    const answer = execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(processId)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return answer.trim() || undefined;
  } catch {
    return undefined;
  }
}
