import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  ScheduleNotFoundError,
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { requirePollers } from '../activities/engine-pools';
import { readCount } from '../client/cli/read-count';
import { describeFailure } from '../client/failure';
import { pauseSchedule } from '../client/schedules';
import { openDataDirectory, type DataDirectory } from '../client/supervisor/data-directory';
import type { PartDefinition } from '../client/supervisor/part';
import { Supervisor } from '../client/supervisor/supervisor';
import { ensureSearchAttributes } from '../client/temporal/search-attributes';
import type { ErrorCode } from '../domain/errors/catalogue';
import { createWorkers } from '../workers/pools';
import { classifyTemporalError } from '../workers/temporal-error';

const program = path.resolve(__dirname, '..', 'dist', 'client', 'cli', 'main.js');
let folder: string;

beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'ssakv-processes-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('errors of Temporal', () => {
  /** https://grpc.io/docs/guides/status-codes/ */
  test.each<[string, number, ErrorCode]>([
    ['UNAVAILABLE', 14, 'TemporalUnreachable'],
    ['DEADLINE_EXCEEDED', 4, 'TemporalUnreachable'],
    ['PERMISSION_DENIED', 7, 'TemporalRefused'],
    ['UNAUTHENTICATED', 16, 'TemporalRefused'],
    ['NOT_FOUND', 5, 'NamespaceMissing'],
  ])('the status %s', (_name, code, expected) => {
    const status = Object.assign(new Error('a text nobody may see'), { code, details: '', metadata: {} });
    const found = classifyTemporalError(new ServiceError('a text', { cause: status }));
    expect(found?.code).toBe(expected);
    expect(found?.message).not.toMatch(/a text/);
  });

  test('a run that is not there', () => {
    expect(classifyTemporalError(new WorkflowNotFoundError('gone', 'sync/a', 'b'))?.code).toBe(
      'WorkflowMissing',
    );
  });

  test('any other error is none of Temporal', () => {
    expect(classifyTemporalError(new Error('marked-text'))).toBeUndefined();
    expect(describeFailure(new Error('marked-text'))).toMatchObject({
      code: 'Unexpected',
      message: expect.not.stringContaining('marked-text') as string,
    });
  });

  test('the code of a failed workflow is that of the step that failed', () => {
    const step = ApplicationFailure.create({ type: 'NotAllowed', message: 'why' });
    expect(describeFailure(new WorkflowFailedError('failed', step, 'TIMEOUT'))).toEqual({
      code: 'NotAllowed',
      message: 'why',
    });
  });

  test('a workflow that was cancelled says so', () => {
    const failure = describeFailure(new WorkflowFailedError('failed', new CancelledFailure('x'), 'TIMEOUT'));
    expect(failure).toMatchObject({
      code: 'WorkflowFailed',
      message: expect.stringContaining('It was cancelled.') as string,
    });
  });

  test('a connector that was never activated has no schedule', async () => {
    const handle = { pause: () => Promise.reject(new ScheduleNotFoundError('x', 'sync/a')) };
    const client = { schedule: { getHandle: () => handle } } as unknown as Client;
    await expect(pauseSchedule(client, 'a', 'why')).rejects.toMatchObject({ code: 'ScheduleMissing' });
  });

  test('search attributes that the server does not add are named', async () => {
    const operatorService = {
      listSearchAttributes: async () => ({ customAttributes: { SsakvConnector: 2 } }),
      addSearchAttributes: async () => ({}),
    };
    const client = { connection: { operatorService } } as unknown as Client;
    await expect(ensureSearchAttributes(client, 'default')).rejects.toMatchObject({
      code: 'SearchAttributesMissing',
      detail: 'Missing: SsakvSecret, SsakvState, SsakvReason.',
    });
  });

  test('a task queue that nobody polls is refused', async () => {
    const answering = (pollers: readonly object[]): Client =>
      ({
        options: { namespace: 'default' },
        workflowService: { describeTaskQueue: async () => ({ pollers }) },
      }) as unknown as Client;
    await expect(requirePollers(answering([]), 'ssakv-pool-7')).rejects.toMatchObject({
      code: 'EnginePoolNotPolled',
      detail: 'The task queue is ssakv-pool-7.',
    });
    await expect(requirePollers(answering([{}]), 'ssakv-pool-7')).resolves.toBeUndefined();
  });

  test('a worker without the built workflow code does not start', async () => {
    const parts = { settings: { temporal: { namespace: 'default' }, poolIds: [] }, shutdownGraceMs: 0 };
    // The bundle lies beside the compiled worker, and this is the worker's source.
    await expect(createWorkers(parts as never)).rejects.toMatchObject({ code: 'WorkflowBundleMissing' });
  });
});

describe('the supervisor', () => {
  let directory: DataDirectory;
  let supervisor: Supervisor;

  beforeEach(() => {
    directory = openDataDirectory(folder, 'dev');
    supervisor = new Supervisor(directory, () => undefined);
  });
  afterEach(() => supervisor.stop());

  const part = (script: string): PartDefinition => ({
    name: 'worker',
    command: process.execPath,
    arguments: ['-e', script, folder],
    readiness: { kind: 'line' },
    startTimeoutMs: 20_000,
    whenItEnds: 'endRun',
    stopTimeoutMs: 1_000,
  });

  test('says which part did not start, with its last words', async () => {
    const failing = part("process.stderr.write('the disk is full\\n'); process.exitCode = 1");
    await expect(supervisor.start(failing)).rejects.toMatchObject({
      code: 'PartFailedToStart',
      detail: expect.stringMatching(/the worker.*the disk is full/) as string,
    });
  });

  test('says which part stopped later', async () => {
    const ending = part(
      "console.log('{}'); process.stdin.once('data', () => process.exit(0)); setTimeout(() => process.exit(0), 50)",
    );
    await expect(supervisor.start(ending)).resolves.toBe('{}');
    await expect(supervisor.failure).resolves.toMatchObject({ code: 'PartStopped' });
  });
});

test('a data directory that is a file is refused', () => {
  const file = path.join(folder, 'file');
  writeFileSync(file, '');
  expect(() => openDataDirectory(file, 'dev')).toThrow(
    expect.objectContaining({ code: 'DataDirectoryUnusable' }),
  );
});

test('a count that is no whole number is refused', () => {
  expect(readCount('--limit', '10')).toBe(10);
  for (const text of ['ten', '-1', '1.5', '']) {
    expect(() => readCount('--limit', text)).toThrow(expect.objectContaining({ code: 'InvalidUsage' }));
  }
});

test('a Node.js that is too old is told in one sentence, with status 2', async () => {
  const older = path.join(folder, 'older.cjs');
  writeFileSync(older, "Object.defineProperty(process.versions, 'node', { value: '20.19.0' });");
  const ended = await new Promise<{ code: unknown; errors: string }>((resolve) => {
    execFile(process.execPath, ['--require', older, program, '--version'], (error, _out, errors) =>
      resolve({ code: error?.code, errors }),
    );
  });
  expect(ended.code).toBe(2);
  expect(ended.errors).toMatch(/^ssakv: .*This is 20\.19\.0\..*\[UnsupportedNode\]\n$/);
});
