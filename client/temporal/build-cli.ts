import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { findOnPath, temporalBinaryName } from './probe-cli';
import type { AttemptResult } from './attempt-result';

const stillBuildingEveryMs = 60_000;

interface BuildRequest {
  readonly version: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly report: (sentence: string) => void;
  readonly signal?: AbortSignal;
}

/** Builds the CLI from source with `go install` and puts it at `binary`, in one rename. Never throws. */
export async function buildTemporalCli(binary: string, request: BuildRequest): Promise<AttemptResult> {
  const go = findOnPath(process.platform === 'win32' ? 'go.exe' : 'go', request.environment);
  if (go === undefined) return { kind: 'unavailable', why: 'There is no `go` on the PATH.' };
  request.report(
    `Building the Temporal CLI ${request.version} from source with ${go}: about 7 minutes on two cores, once; ` +
      `the result (250 MB) stays in ${path.dirname(binary)}.`,
  );
  const folder = await mkdtemp(path.join(path.dirname(binary), 'build-'));
  const log = path.join(path.dirname(binary), 'go-install.log');
  const reminder = remindEvery(stillBuildingEveryMs, request.report);
  try {
    const exitCode = await runGoInstall(go, { ...request, folder, log });
    if (exitCode !== 0) {
      const why = `\`go install\` ended with ${exitCode ?? 'a signal'}; its words are in ${log} (most often: no network to the Go module proxy).`;
      return { kind: 'unavailable', why };
    }
    await rename(path.join(folder, temporalBinaryName), binary);
    return { kind: 'found' };
  } catch {
    return { kind: 'unavailable', why: `\`go install\` left no binary; its words are in ${log}.` };
  } finally {
    clearInterval(reminder);
    await rm(folder, { recursive: true, force: true });
  }
}

function remindEvery(intervalMs: number, report: (sentence: string) => void): NodeJS.Timeout {
  let minutes = 0;
  return setInterval(() => {
    minutes += 1;
    report(`Still building the Temporal CLI (${minutes} min).`);
  }, intervalMs);
}

function runGoInstall(
  go: string,
  request: BuildRequest & { folder: string; log: string },
): Promise<number | null> {
  const output = openSync(request.log, 'w');
  return new Promise((resolve, reject) => {
    const child = spawn(go, ['install', `github.com/temporalio/cli/cmd/temporal@v${request.version}`], {
      cwd: request.folder,
      env: { ...request.environment, GOBIN: request.folder, GOWORK: 'off' },
      stdio: ['ignore', output, output],
      ...(request.signal && { signal: request.signal }),
    });
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => closeSync(output)) as Promise<number | null>;
}
