import type { Command } from 'commander';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { runWorker } from '../../workers/main';
import { serveHttp } from '../http/serve';
import { setUp } from '../setup';
import { onParentEnd, untilStopped } from '../until-stopped';
import { action, type Invocation } from './action';
import { readCount } from './read-count';
import { loadSettings } from '../settings-file';

interface ServiceOptions {
  readonly exitWithParent?: boolean;
}

interface WorkerOptions extends ServiceOptions {
  readonly graceSeconds: string;
}

const healthTimeoutMs = 5_000;

/** The commands that containers run: `worker`, `http`, `setup`, `health`. */
export function addServiceCommands(program: Command): void {
  program
    .command('worker')
    .description('run the workflows and their steps until SIGTERM; pages under way leave a checkpoint')
    .option('--grace-seconds <number>', 'how long pages may go on after SIGTERM', '20')
    .option('--exit-with-parent', 'end when standard input ends')
    .action(action<WorkerOptions>(async ({ options }) => worker(options)));
  program
    .command('http')
    .description('serve health (/healthz, /readyz) and metrics (/metrics) until SIGTERM')
    .option('--exit-with-parent', 'end when standard input ends')
    .action(
      action<ServiceOptions>(async ({ options }) => {
        await serveHttp(loadSettings(options), untilStopped(options.exitWithParent === true));
      }),
    );
  program
    .command('setup')
    .description('prepare the ledger and the Temporal namespace; safe to repeat')
    .action(action(setup));
  program
    .command('health <url>')
    .description('ask a health address; for the health check of a container')
    .addHelpText('after', '\nExample:\n  $ ssakv health http://127.0.0.1:8085/readyz')
    .action(action(health));
}

/** The Temporal runtime handles the signals itself; the end of the parent counts as one. */
async function worker(options: Invocation<WorkerOptions>['options']): Promise<void> {
  if (options.exitWithParent === true) onParentEnd(() => process.kill(process.pid, 'SIGTERM'));
  try {
    await runWorker(loadSettings(options), readCount('--grace-seconds', options.graceSeconds) * 1000);
  } finally {
    // An open standard input would keep the process after its work.
    process.stdin.destroy();
  }
}

async function setup({ options, output }: Invocation<object>): Promise<void> {
  const done = await setUp(loadSettings(options), output.progress);
  output.progress.finish();
  const migrations = done.migrations.join(', ') || 'none';
  const attributes = done.searchAttributes.join(', ') || 'none';
  output.result(done, `Ready. Migrations applied: ${migrations}. Search attributes added: ${attributes}.`);
}

async function health({ output, arguments: [url = ''] }: Invocation<object>): Promise<void> {
  if (!URL.canParse(url))
    throw new SsakvError('InvalidUsage', { detail: `${JSON.stringify(url)} is not a URL.` });
  const response = await fetch(url, { signal: AbortSignal.timeout(healthTimeoutMs) }).catch(() => undefined);
  if (response?.ok !== true) throw new SsakvError('NotHealthy', { detail: `The address is ${url}.` });
  output.result({ url, status: 'ok' }, 'ok');
}
