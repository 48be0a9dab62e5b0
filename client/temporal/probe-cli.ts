import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

export const temporalBinaryName = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

const answerTimeoutMs = 20_000;

/** Whether the file runs and calls itself a Temporal CLI. Never throws. */
export function answersAsTemporalCli(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(file, ['--version'], { timeout: answerTimeoutMs }, (error, standardOutput) => {
      resolve(error === null && standardOutput.startsWith('temporal version'));
    });
  });
}

/** The first executable file of that name in the folders of PATH, or undefined. */
export function findOnPath(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const folders = (environment['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => path.resolve(folder, name)).find(isExecutableFile);
}

function isExecutableFile(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
