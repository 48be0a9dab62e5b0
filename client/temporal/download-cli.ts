import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { answersAsTemporalCli } from './probe-cli';
import type { AttemptResult } from './attempt-result';

const run = promisify(execFile);

/** The release index that Temporal's own SDKs ask. Source: sdk-core, ephemeral_server/mod.rs. */
export const officialDownloadUrl = 'https://temporal.download';

const indexTimeoutMs = 6_000;
const archiveTimeoutMs = 300_000;

const releaseSchema = z.object({ archiveUrl: z.url(), fileToExtract: z.string().regex(/^[\w.-]+$/) });

interface DownloadRequest {
  readonly indexUrl: string;
  readonly version: string;
}

/** Downloads the release for this machine and puts its binary at `binary`, in one rename. Never throws. */
export async function downloadTemporalCli(binary: string, request: DownloadRequest): Promise<AttemptResult> {
  const release = await askIndex(request);
  if (release === undefined) {
    return { kind: 'unavailable', why: `${new URL(request.indexUrl).host} cannot be reached from here.` };
  }
  const folder = await mkdtemp(path.join(path.dirname(binary), 'download-'));
  try {
    const archive = path.join(folder, 'release.tar.gz');
    await fetchFile(release.archiveUrl, archive);
    await run('tar', ['-xzf', archive, '-C', folder, release.fileToExtract]);
    const extracted = path.join(folder, release.fileToExtract);
    await chmod(extracted, 0o755);
    if (!(await answersAsTemporalCli(extracted))) {
      return { kind: 'unavailable', why: 'The downloaded file does not run on this machine.' };
    }
    await rename(extracted, binary);
    return { kind: 'found' };
  } catch {
    return { kind: 'unavailable', why: 'The archive could not be fetched or unpacked.' };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function askIndex(request: DownloadRequest): Promise<z.infer<typeof releaseSchema> | undefined> {
  const url = new URL(`/cli/v${request.version}`, request.indexUrl);
  url.searchParams.set('arch', process.arch === 'x64' ? 'amd64' : process.arch);
  url.searchParams.set('platform', process.platform === 'win32' ? 'windows' : process.platform);
  url.searchParams.set('format', 'tar.gz');
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(indexTimeoutMs) });
    if (!response.ok) return undefined;
    const release = releaseSchema.safeParse(await response.json());
    return release.success && isTrusted(release.data.archiveUrl, url) ? release.data : undefined;
  } catch {
    // No network, a proxy's own page instead of JSON, a timeout: all mean that this way is closed.
    return undefined;
  }
}

function isTrusted(archiveUrl: string, indexUrl: URL): boolean {
  const archive = new URL(archiveUrl);
  return archive.protocol === 'https:' || archive.origin === indexUrl.origin;
}

async function fetchFile(url: string, file: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(archiveTimeoutMs) });
  if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
}
