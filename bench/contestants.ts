import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { transformFileSync } from '@swc/core';
import { runCycle } from '../test/support/cycle-runs';
import type { Emulators } from '../test/support/emulators';
import type { SyncWorld } from '../test/support/sync-world';
import type { PeerResult, PeerTask } from './peer';

/** What one run of one contestant cost. */
export interface Cost {
  readonly durationMs: number;
  readonly peakMegabytes: number;
  readonly keyVaultCalls: number;
  readonly secretServerCalls: number;
}

/** As many as ssakv has in flight with two pages: two batches of 25. */
const atOnce = 50;

async function withCalls(
  { control }: Emulators,
  work: () => Promise<Omit<Cost, 'keyVaultCalls' | 'secretServerCalls'>>,
): Promise<Cost> {
  await control.resetStats();
  const cost = await work();
  const { totals } = await control.stats();
  return { ...cost, keyVaultCalls: totals.keyVault, secretServerCalls: totals.secretServer };
}

/** One full cycle as its schedule starts it, from the start of the workflow to its result. */
export function ssakvCycle(world: SyncWorld): Promise<Cost> {
  return withCalls(world.emulators, async () => {
    const startedAt = performance.now();
    await runCycle(world);
    return { durationMs: performance.now() - startedAt, peakMegabytes: peakOfWorker(world) };
  });
}

/** A fresh process that pushes these secrets in its way and ends. */
export function peerRun(
  emulators: Emulators,
  way: PeerTask['way'],
  secretIds: readonly number[],
): Promise<Cost> {
  return withCalls(emulators, async () => {
    const { keyVault, secretServer, entra, caFile } = emulators.ready;
    const task: PeerTask = { way, secretIds, atOnce, vaultUrl: keyVault.url, secretServer, entra, caFile };
    return await runPeer(task);
  });
}

/** Plain JavaScript, so that no compiler counts into its memory. */
export function compilePeer(): void {
  const { code } = transformFileSync(path.join(__dirname, 'peer.ts'), {
    jsc: { target: 'es2024', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  });
  mkdirSync(path.dirname(compiledPeer), { recursive: true });
  writeFileSync(compiledPeer, code);
}

const compiledPeer = path.resolve(__dirname, '../dist/bench/peer.js');

function runPeer(task: PeerTask): Promise<PeerResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [compiledPeer], { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('close', (code) =>
      code === 0
        ? resolve(JSON.parse(output) as PeerResult)
        : reject(new Error(`The peer ended with ${code}.`)),
    );
    child.stdin.end(JSON.stringify(task));
  });
}

/** The peak resident set of the worker so far, from Linux's /proc. */
function peakOfWorker(world: SyncWorld): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const command = ofProcess(pid, 'cmdline').split('\0');
    if (!command.includes('worker') || !command.includes(world.settingsFile)) continue;
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(ofProcess(pid, 'status'))?.[1] ?? Number.NaN) / 1024;
  }
  throw new Error('The worker is not among the processes.');
}

/** Empty for a process that has ended meanwhile. */
function ofProcess(pid: string, file: string): string {
  try {
    return readFileSync(path.join('/proc', pid, file), 'utf8');
  } catch {
    return '';
  }
}
