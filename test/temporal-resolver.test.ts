import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { resolveTemporalCli, temporalCacheFolder } from '../client/temporal/resolve-cli';

const closedIndex = 'http://127.0.0.1:9';
const answering = '#!/bin/sh\necho "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"\n';

let folder: string;
let environment: NodeJS.ProcessEnv;
let sentences: string[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ssakv-resolver-'));
  mkdirSync(path.join(folder, 'bin'));
  environment = {
    PATH: `${path.join(folder, 'bin')}:/usr/bin:/bin`,
    HOME: folder,
    XDG_CACHE_HOME: path.join(folder, 'cache'),
  };
  sentences = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function script(file: string, text: string): string {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

function resolve(downloadUrl = closedIndex) {
  return resolveTemporalCli({ environment, report: (sentence) => sentences.push(sentence), downloadUrl });
}

/** A `go` that notes each call and leaves a working binary in GOBIN, as `go install` does. */
function installGo(): string {
  const calls = path.join(folder, 'go-calls');
  const text = `#!/bin/sh\necho "$@" >> ${calls}\nprintf '${answering.replaceAll('\n', '\\n')}' > "$GOBIN/temporal"\nchmod +x "$GOBIN/temporal"\n`;
  script(path.join(folder, 'bin', 'go'), text);
  return calls;
}

test('SSAKV_TEMPORAL_CLI wins over everything else', async () => {
  environment['SSAKV_TEMPORAL_CLI'] = script(path.join(folder, 'mine'), answering);
  script(path.join(folder, 'bin', 'temporal'), answering);
  expect(await resolve()).toEqual({ path: path.join(folder, 'mine'), origin: 'environment' });
});

test('an SSAKV_TEMPORAL_CLI that does not work is an error and not passed over', async () => {
  environment['SSAKV_TEMPORAL_CLI'] = path.join(folder, 'nowhere');
  script(path.join(folder, 'bin', 'temporal'), answering);
  await expect(resolve()).rejects.toMatchObject({ code: 'TemporalCliUnusable' });
});

test('temporal on the PATH wins over the cache', async () => {
  script(path.join(temporalCacheFolder(environment), 'temporal'), answering);
  const onPath = script(path.join(folder, 'bin', 'temporal'), answering);
  expect(await resolve()).toEqual({ path: onPath, origin: 'path' });
});

test('another program named temporal on the PATH is passed over and named', async () => {
  const other = script(path.join(folder, 'bin', 'temporal'), '#!/bin/sh\necho "a clock"\n');
  const cached = script(path.join(temporalCacheFolder(environment), 'temporal'), answering);
  expect(await resolve()).toEqual({ path: cached, origin: 'cache' });
  expect(sentences.join(' ')).toContain(other);
});

test('without a download, go install builds into the cache, says how long it takes, and the next start finds it', async () => {
  const calls = installGo();
  const cached = path.join(temporalCacheFolder(environment), 'temporal');
  expect(await resolve()).toEqual({ path: cached, origin: 'go' });
  expect(readFileSync(calls, 'utf8').trim()).toBe('install github.com/temporalio/cli/cmd/temporal@v1.5.1');
  expect(sentences.join('\n')).toMatch(/download did not work: .* cannot be reached/);
  expect(sentences.join('\n')).toMatch(/about 7 minutes/);
  expect(await resolve()).toEqual({ path: cached, origin: 'cache' });
});

test('two starts at once build once', async () => {
  const calls = installGo();
  const found = await Promise.all([resolve(), resolve()]);
  expect(new Set(found.map((cli) => cli.path)).size).toBe(1);
  expect(readFileSync(calls, 'utf8').trim().split('\n')).toHaveLength(1);
  expect(sentences).toContain('Another start is getting the Temporal CLI already; waiting for it.');
});

test('a lock left by a killed start is taken over, and its half-built folder is removed', async () => {
  installGo();
  const cache = temporalCacheFolder(environment);
  mkdirSync(path.join(cache, 'build-left'), { recursive: true });
  writeFileSync(path.join(cache, '.lock'), '999999999');
  expect(await resolve()).toMatchObject({ origin: 'go' });
  expect(readdirSync(cache).sort()).toEqual(['go-install.log', 'temporal']);
});

test('no network and no Go is one plain error that names both', async () => {
  await expect(resolve()).rejects.toMatchObject({
    code: 'TemporalCliNotFound',
    message: expect.stringMatching(/cannot be reached.*There is no `go` on the PATH/),
  });
});

test('a Go that fails leaves no binary and names its log', async () => {
  script(path.join(folder, 'bin', 'go'), '#!/bin/sh\necho no module proxy >&2\nexit 1\n');
  await expect(resolve()).rejects.toMatchObject({ message: expect.stringContaining('go-install.log') });
  expect(existsSync(path.join(temporalCacheFolder(environment), 'temporal'))).toBe(false);
});

describe('with a release index', () => {
  let server: Server;
  let indexUrl: string;
  let indexAnswer: () => string;

  beforeEach(async () => {
    const release = path.join(folder, 'release');
    script(path.join(release, 'temporal'), answering);
    script(path.join(release, 'sub', 'temporal'), answering);
    execFileSync('tar', ['-czf', path.join(folder, 'release.tar.gz'), '-C', release, 'temporal', 'sub']);
    server = createServer((request, response) => {
      response.end(
        request.url?.startsWith('/archive')
          ? readFileSync(path.join(folder, 'release.tar.gz'))
          : indexAnswer(),
      );
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    indexUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    indexAnswer = () => JSON.stringify({ archiveUrl: `${indexUrl}/archive`, fileToExtract: 'temporal' });
  });
  afterEach(() => new Promise((closed) => server.close(closed)));

  test('the official download is unpacked into the cache', async () => {
    const cached = path.join(temporalCacheFolder(environment), 'temporal');
    expect(await resolve(indexUrl)).toEqual({ path: cached, origin: 'download' });
    expect(readdirSync(path.dirname(cached))).toEqual(['temporal']);
  });

  test.each([
    ['a page of a proxy', () => '<html>blocked</html>'],
    [
      'a path instead of a file name',
      () => JSON.stringify({ archiveUrl: `${indexUrl}/archive`, fileToExtract: 'sub/temporal' }),
    ],
    [
      'an archive on another host without TLS',
      () =>
        JSON.stringify({
          archiveUrl: `${indexUrl.replace('127.0.0.1', 'localhost')}/archive`,
          fileToExtract: 'temporal',
        }),
    ],
  ])('%s in the index counts as no download', async (_name, answer) => {
    indexAnswer = answer;
    await expect(resolve(indexUrl)).rejects.toMatchObject({ code: 'TemporalCliNotFound' });
  });
});
