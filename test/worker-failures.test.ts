import { execFile, type ExecFileException } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { SsakvError } from '../domain/errors/ssakv-error';
import { failureInterceptor } from '../workers/failures';
import { openActivityMetrics } from '../workers/telemetry/activity-metrics';
import { describeError, openLog } from '../workers/telemetry/log';

const marker = 'hunter2-marked-value';

class RestError extends Error {
  readonly request = { body: `{"value":"${marker}"}` };
}

function world() {
  const lines: string[] = [];
  const log = openLog('debug', 'test', { write: (line: string) => lines.push(line) });
  const metrics = openActivityMetrics();
  const environment = new MockActivityEnvironment({}, { interceptors: [failureInterceptor(log, metrics)] });
  const fail = async (error: unknown): Promise<ApplicationFailure> => {
    const failing = environment.run(() => Promise.reject(error));
    return failing.then(
      () => Promise.reject(new Error('it did not fail')),
      (failure: unknown) => failure as ApplicationFailure,
    );
  };
  return { lines, metrics, environment, fail };
}

test('an error of ours becomes a failure with its code as type, and is retried only if it says so', async () => {
  const { fail } = world();
  const refused = new SsakvError('ConfigurationInvalid', { detail: 'It is line 3.' });
  expect(await fail(refused)).toMatchObject({
    type: 'ConfigurationInvalid',
    message: refused.message,
    nonRetryable: true,
  });
  expect(await fail(new SsakvError('LedgerUnavailable'))).toMatchObject({ nonRetryable: false });
});

test('the wait that the other side asked for becomes the delay of the next attempt', async () => {
  const failure = await world().fail(new SsakvError('LedgerBusy', { retryAfterMs: 7_000 }));
  expect(failure.nextRetryDelay).toBe(7_000);
});

test('a wait of days is cut to ten minutes', async () => {
  const failure = await world().fail(new SsakvError('LedgerBusy', { retryAfterMs: 9_999_999_000 }));
  expect(failure.nextRetryDelay).toBe(600_000);
});

test('a foreign error keeps its class and loses its text, in the failure and in the log', async () => {
  const { fail, lines } = world();
  const failure = await fail(new RestError(`PUT failed: ${marker}`, { cause: new Error(marker) }));
  expect(failure).toMatchObject({ type: 'Unexpected', nonRetryable: false });
  expect(failure.message).toContain('RestError');
  expect(JSON.stringify([failure.message, failure.stack, failure.cause, failure.details])).not.toContain(
    marker,
  );
  expect(lines.join('')).toContain('RestError');
  expect(lines.join('')).not.toContain(marker);
});

test('an error that was caught nowhere ends the process and is logged without its text', async () => {
  const built = (file: string) => JSON.stringify(path.resolve(__dirname, '../dist/workers', file));
  const program = `
    const { openLog } = require(${built('telemetry/log.js')});
    require(${built('unexpected-end.js')}).endOnUncaughtErrors(openLog('info', 'test'));
    Promise.reject(Object.assign(new TypeError('${marker}'), { body: '${marker}' }));`;
  const ended = promisify(execFile)(process.execPath, ['-e', program]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: ExecFileException) => ({ code, stdout, stderr }),
  );
  const { code, stdout, stderr } = await ended;
  expect(code).toBe(1);
  expect(`${stdout}${stderr}`).not.toContain(marker);
  expect(JSON.parse(String(stdout))).toMatchObject({ level: 'fatal', error: { class: 'TypeError' } });
});

test('a failure that is Temporal’s own passes as it is', async () => {
  const { fail } = world();
  const own = ApplicationFailure.create({ type: 'Throttled', message: 'later', nextRetryDelay: '3 seconds' });
  expect(await fail(own)).toBe(own);
  const cancelled = new CancelledFailure('stop');
  expect(await fail(cancelled)).toBe(cancelled);
});

test('an abort after a cancellation stays one', async () => {
  const { environment } = world();
  const aborted = Object.assign(new Error('The operation was aborted'), { name: 'AbortError' });
  environment.cancel();
  await expect(environment.run(() => Promise.reject(aborted))).rejects.toBe(aborted);
});

test('attempts are counted by activity and outcome', async () => {
  const { fail, environment, metrics } = world();
  await environment.run(async () => undefined);
  await fail(new SsakvError('LedgerBusy'));
  const text = await metrics.registry.metrics();
  expect(text).toMatch(/ssakv_activities_total\{activity="[^"]+",outcome="completed"\} 1/);
  expect(text).toMatch(/ssakv_activities_total\{activity="[^"]+",outcome="LedgerBusy"\} 1/);
});

test('an error in any entry of a log is reduced to class and places in the code', () => {
  expect(JSON.stringify(describeError(new RestError(marker)))).not.toContain(marker);
  expect(describeError(new RestError(marker))).toMatchObject({ class: 'RestError', at: expect.any(Array) });
  expect(describeError(new SsakvError('LedgerBusy'))).toMatchObject({ code: 'LedgerBusy' });
});
