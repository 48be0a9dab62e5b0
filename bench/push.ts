/** Compares ssakv with a bare loop and with comparing by reading, in one run. See BENCHMARKS.md. */
import { availableParallelism, cpus } from 'node:os';
import { createBulkSecrets } from '../test/support/bulk-secrets';
import { activate } from '../test/support/cycle-runs';
import { startEmulators, type Emulators } from '../test/support/emulators';
import { startSyncWorld } from '../test/support/sync-world';
import { compilePeer, peerRun, ssakvCycle, type Cost } from './contestants';

/** Below the 300 creates that Key Vault takes in 10 s, so that this limit binds nobody. */
const secrets = 200;
const repetitions = 3;
const latency = { keyVault: 20, secretServer: 20, entra: 20 };

const contestants = ['ssakv', 'bare', 'compare'] as const;
type Contestant = (typeof contestants)[number];
type Phase = 'full push' | 'one edit' | 'idle';
type Costs = Partial<Record<Contestant, Cost>>;
type Round = Readonly<Record<Phase, Costs>>;

async function round(): Promise<Round> {
  const ours = await ssakvRound();
  const theirs = await peerRound();
  return {
    'full push': { ...ours['full push'], ...theirs['full push'] },
    'one edit': { ...ours['one edit'], ...theirs['one edit'] },
    idle: { ...ours.idle, ...theirs.idle },
  };
}

async function ssakvRound(): Promise<Round> {
  const world = await startSyncWorld({
    timings: { requestTimeoutSeconds: 20, pairLeaseSeconds: 60, settleSeconds: 80 },
  });
  try {
    const [kept] = await createBulkSecrets(world.emulators, 1, { namePrefix: 'first' });
    await activate(world);
    await createBulkSecrets(world.emulators, secrets - 1, { namePrefix: 'bench' });
    await world.emulators.control.setLatency(latency);
    const full = await ssakvCycle(world);
    await edit(world.emulators, kept ?? 0);
    const one = await ssakvCycle(world);
    return {
      'full push': { ssakv: full },
      'one edit': { ssakv: one },
      idle: { ssakv: await ssakvCycle(world) },
    };
  } finally {
    await world.stop();
  }
}

/** The bare loop knows which secret was edited: it is the floor. Comparing finds out by itself. */
async function peerRound(): Promise<Round> {
  const emulators = await startEmulators();
  try {
    await emulators.control.setLatency(latency);
    const ids = await createBulkSecrets(emulators, secrets, { namePrefix: 'bench' });
    const edited = ids.slice(0, 1);
    const bare = await peerRun(emulators, 'bare', ids);
    await edit(emulators, edited[0] ?? 0);
    const bareEdit = await peerRun(emulators, 'bare', edited);
    await emulators.control.reset();
    await emulators.control.setLatency(latency);
    const again = await createBulkSecrets(emulators, secrets, { namePrefix: 'bench' });
    const compare = await peerRun(emulators, 'compare', again);
    await edit(emulators, again[0] ?? 0);
    const compareEdit = await peerRun(emulators, 'compare', again);
    const compareIdle = await peerRun(emulators, 'compare', again);
    return {
      'full push': { bare, compare },
      'one edit': { bare: bareEdit, compare: compareEdit },
      idle: { compare: compareIdle },
    };
  } finally {
    await emulators.stop();
  }
}

async function edit({ control }: Emulators, secretId: number): Promise<void> {
  await control.editSecretServer({
    edit: 'setFields',
    secretId,
    fields: { password: `edited ${Math.random()}` },
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function rows(rounds: readonly Round[]): readonly string[] {
  return (['full push', 'one edit', 'idle'] as const).flatMap((phase) =>
    contestants.flatMap((contestant) => {
      const costs = rounds.flatMap((each) => each[phase][contestant] ?? []);
      if (costs.length === 0) return [];
      const of = (member: keyof Cost): number => median(costs.map((cost) => cost[member]));
      const compared = median(
        rounds.flatMap((each) => (each[phase].compare ?? []) as Cost[]).map((cost) => cost.durationMs),
      );
      const cells = [
        phase,
        contestant,
        (of('durationMs') / 1_000).toFixed(2),
        (of('durationMs') / compared).toFixed(2),
        String(of('keyVaultCalls')),
        String(of('secretServerCalls')),
        of('peakMegabytes').toFixed(0),
      ];
      return [`| ${cells.join(' | ')} |`];
    }),
  );
}

async function main(): Promise<void> {
  // Every child gets the same limit; a heap that grows as it likes says nothing about what is needed.
  process.env['NODE_OPTIONS'] = '--max-old-space-size=256';
  compilePeer();
  const rounds: Round[] = [];
  for (let done = 0; done < repetitions; done += 1) rounds.push(await round());
  const [cpu] = cpus();
  process.stdout.write(
    [
      `${secrets} secrets, ${latency.keyVault} ms latency, median of ${repetitions}; ${availableParallelism()} × ${cpu?.model}, Node ${process.version}`,
      '',
      '| phase | who | seconds | time against compare | Key Vault calls | Secret Server calls | peak MB |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      ...rows(rounds),
      '',
    ].join('\n'),
  );
}

void main();
