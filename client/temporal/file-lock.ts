import { open, readFile, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isProcessAlive } from '../supervisor/process-table';

const pollMs = 300;

interface LockedWork<T> {
  /** Called once when somebody else holds the lock. */
  readonly onWait: () => void;
  readonly work: () => Promise<T>;
}

/**
 * Runs work while this process holds a lock file that contains its process id; waits while a living process
 * holds it. A lock whose process is gone is taken over. In the narrow race of two take-overs both may run:
 * the work must therefore end in an atomic rename.
 */
export async function withFileLock<T>(file: string, { onWait, work }: LockedWork<T>): Promise<T> {
  for (let waited = false; !(await tryCreate(file)); waited = true) {
    if (await isAbandoned(file)) {
      await rm(file, { force: true });
      continue;
    }
    if (!waited) onWait();
    await delay(pollMs);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function tryCreate(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(String(process.pid));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isAbandoned(file: string): Promise<boolean> {
  try {
    const holder = Number(await readFile(file, 'utf8'));
    // An empty file is a lock that is being written at this moment.
    return Number.isInteger(holder) && holder > 0 && !isProcessAlive(holder);
  } catch {
    return false;
  }
}
