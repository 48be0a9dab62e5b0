import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { buildTemporalCli } from './build-cli';
import { downloadTemporalCli, officialDownloadUrl } from './download-cli';
import { withFileLock } from './file-lock';
import { answersAsTemporalCli, findOnPath, temporalBinaryName } from './probe-cli';

/** The newest release that `go install` can build: later ones carry a local `replace` in their go.mod. */
const temporalCliVersion = '1.5.1';

export interface TemporalCli {
  readonly path: string;
  readonly origin: 'environment' | 'path' | 'cache' | 'download' | 'go';
}

export interface ResolveOptions {
  /** Read for SSAKV_TEMPORAL_CLI, PATH, XDG_CACHE_HOME and HOME. */
  readonly environment: NodeJS.ProcessEnv;
  /** Receives one plain sentence for each thing that takes time. */
  readonly report: (sentence: string) => void;
  /** Where the release index is asked; the official one unless given. */
  readonly downloadUrl?: string;
  /** Ends a build that is under way. */
  readonly signal?: AbortSignal;
}

/** The folder in which ssakv keeps the binary it downloaded or built. Shared by all checkouts of one user. */
export function temporalCacheFolder(environment: NodeJS.ProcessEnv): string {
  const cacheHome = environment['XDG_CACHE_HOME'] || path.join(environment['HOME'] || homedir(), '.cache');
  return path.join(cacheHome, 'ssakv', `temporal-cli-${temporalCliVersion}`);
}

/**
 * Finds a Temporal CLI, or gets one: SSAKV_TEMPORAL_CLI, `temporal` on PATH, the user cache, the official
 * download, `go install` into the user cache. Two calls at once do the work once.
 *
 * @throws SsakvError TemporalCliUnusable (SSAKV_TEMPORAL_CLI names something else), TemporalCliNotFound
 */
export async function resolveTemporalCli(options: ResolveOptions): Promise<TemporalCli> {
  const named = options.environment['SSAKV_TEMPORAL_CLI'];
  if (named) {
    if (await answersAsTemporalCli(named)) return { path: path.resolve(named), origin: 'environment' };
    throw new SsakvError('TemporalCliUnusable', { detail: `The path is ${named}.` });
  }
  const onPath = findOnPath(temporalBinaryName, options.environment);
  if (onPath !== undefined) {
    if (await answersAsTemporalCli(onPath)) return { path: onPath, origin: 'path' };
    options.report(`${onPath} is not a Temporal CLI that answers; it is passed over.`);
  }
  return getIntoCache(options);
}

async function getIntoCache(options: ResolveOptions): Promise<TemporalCli> {
  const folder = temporalCacheFolder(options.environment);
  const binary = path.join(folder, temporalBinaryName);
  if (existsSync(binary)) return { path: binary, origin: 'cache' };
  await createFolder(folder);
  return withFileLock(path.join(folder, '.lock'), {
    onWait: () => options.report('Another start is getting the Temporal CLI already; waiting for it.'),
    work: async () => {
      if (existsSync(binary)) return { path: binary, origin: 'cache' };
      return obtain(binary, options);
    },
  });
}

async function obtain(binary: string, options: ResolveOptions): Promise<TemporalCli> {
  await removeLeftovers(path.dirname(binary));
  options.report(
    `No Temporal CLI on this machine; downloading version ${temporalCliVersion} (about 60 MB, once).`,
  );
  const indexUrl = options.downloadUrl ?? officialDownloadUrl;
  const download = await downloadTemporalCli(binary, { indexUrl, version: temporalCliVersion });
  if (download.kind === 'found') return { path: binary, origin: 'download' };
  options.report(`The download did not work: ${download.why}`);
  const build = await buildTemporalCli(binary, { version: temporalCliVersion, ...options });
  if (build.kind === 'found') return { path: binary, origin: 'go' };
  throw new SsakvError('TemporalCliNotFound', { detail: `Download: ${download.why} Go: ${build.why}` });
}

async function createFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch {
    throw new SsakvError('TemporalCliNotFound', { detail: `The cache folder ${folder} cannot be created.` });
  }
}

/** A start that was killed in the middle leaves its temporary folder; the lock's holder may remove it. */
async function removeLeftovers(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^(build|download)-/.test(name));
  await Promise.all(names.map((name) => rm(path.join(folder, name), { recursive: true, force: true })));
}
