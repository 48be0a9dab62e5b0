import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { until } from './sync-world';

const program = path.resolve(__dirname, '../../dist/client/cli/main.js');

export interface HttpProcess {
  /** Everything it has logged. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts `ssakv http` and waits until it listens. */
export async function startHttp(settingsFile: string): Promise<HttpProcess> {
  const child = spawn(process.execPath, [program, 'http', '--config', settingsFile, '--exit-with-parent'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exit = once(child, 'exit');
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  }
  await until(() => {
    if (child.exitCode !== null) throw new Error(`ssakv http ended: ${log}`);
    return Promise.resolve(log.includes('http started'));
  });
  return {
    log: () => log,
    async stop() {
      child.kill('SIGTERM');
      await exit;
    },
  };
}
