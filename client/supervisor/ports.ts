import { createServer } from 'node:net';
import { SsakvError } from '../../domain/errors/ssakv-error';

/** Everything that listens beside the stand-ins, which keep their own ports. All on loopback. */
export const portNames = ['temporal', 'ui', 'ledger', 'http', 'metrics', 'workerMetrics'] as const;
export type PortName = (typeof portNames)[number];
export type Ports = Readonly<Record<PortName, number>>;

/** What a first start takes where these are free: the ports people know, else the operating system's choice. */
const preferredPorts: Readonly<Partial<Record<PortName, number>>> = { temporal: 7233, ui: 8233, http: 8085 };

/** The command line option that fixes each port. */
export const portOptions: Readonly<Record<PortName, string>> = {
  temporal: '--temporal-port',
  ui: '--ui-port',
  ledger: '--ledger-port',
  http: '--http-port',
  metrics: '--metrics-port',
  workerMetrics: '--worker-metrics-port',
};

interface PortWishes {
  /** From the command line: busy means an error. */
  readonly fixed: Readonly<Partial<Record<PortName, number>>>;
  /** From the last start in this data directory: busy means another one, said in a sentence. */
  readonly stored: Readonly<Partial<Record<PortName, number>>>;
  readonly report: (sentence: string) => void;
}

/**
 * Chooses a free loopback port for everything that listens.
 *
 * @throws SsakvError PortInUse for a port that the command line fixed
 */
export async function choosePorts(wishes: PortWishes): Promise<Ports> {
  const chosen = new Map<PortName, number>();
  for (const name of portNames) {
    chosen.set(name, await choosePort(name, wishes, new Set(chosen.values())));
  }
  return Object.fromEntries(chosen) as Record<PortName, number>;
}

async function choosePort(name: PortName, wishes: PortWishes, taken: ReadonlySet<number>): Promise<number> {
  const fixed = wishes.fixed[name];
  if (fixed !== undefined) {
    if (!taken.has(fixed) && (fixed === 0 || (await isPortFree(fixed)))) return fixed || findFreePort(taken);
    throw new SsakvError('PortInUse', {
      detail: `It is port ${fixed} on 127.0.0.1 (option ${portOptions[name]}).`,
    });
  }
  const wanted = wishes.stored[name] ?? preferredPorts[name];
  if (wanted === undefined) return findFreePort(taken);
  if (!taken.has(wanted) && (await isPortFree(wanted))) return wanted;
  const instead = await findFreePort(taken);
  wishes.report(`Port ${wanted} is in use; ${instead} is used instead (${portOptions[name]} fixes one).`);
  return instead;
}

/** Whether a server could listen on that loopback port now. */
async function isPortFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== undefined;
}

async function findFreePort(taken: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = await listenOnce(0);
    if (port !== undefined && !taken.has(port)) return port;
  }
}

function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}
