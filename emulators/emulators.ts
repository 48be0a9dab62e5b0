import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createControl } from './control/control';
import { clientCertificateFile, serverIdentity } from './frame/certificates';
import { serveCall } from './frame/front';
import { listen, type CallHandler, type Listener } from './frame/listener';
import { choosePorts, rememberPorts, type Ports } from './frame/ports';
import type { ServiceName } from './frame/stand-in';
import type { EmulatorOptions } from './options';
import { buildWorld, type EmulatedWorld } from './world';

/** What the process prints when it is ready: all that a client needs. */
export interface ReadyLine {
  readonly keyVault: { readonly url: string };
  readonly entra: {
    readonly authority: string;
    readonly tenantId: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly certificatePath: string;
  };
  readonly caFile: string;
  readonly control: { readonly url: string };
  readonly pid: number;
}

export interface RunningEmulators {
  readonly ready: ReadyLine;
  /** Stops listening and saves the state. */
  stop(): Promise<void>;
}

/** Starts all stand-ins and the control endpoint on the state that the data folder holds. */
export async function startEmulators(options: EmulatorOptions): Promise<RunningEmulators> {
  const dataDirectory = path.resolve(options.dataDirectory);
  mkdirSync(dataDirectory, { recursive: true });
  const identity = await serverIdentity(dataDirectory);
  const certificatePath = await clientCertificateFile(dataDirectory);
  let ports = choosePorts(dataDirectory, options.ports);
  const world = buildWorld(dataDirectory, () => `https://localhost:${ports.entra}`);
  const { directory } = world.entra;
  directory.registerCertificate(directory.firstApplication, readFileSync(certificatePath, 'utf8'));
  world.store.save();

  const opened = await openListeners(world, ports, identity);
  ports = opened.ports;
  rememberPorts(dataDirectory, ports);
  return {
    ready: readyLine(world, ports, { certificatePath, caFile: identity.caFile }),
    async stop() {
      await Promise.all(opened.listeners.map(async (listener) => listener.close()));
      world.store.save();
    },
  };
}

async function openListeners(
  world: EmulatedWorld,
  ports: Ports,
  tls: { key: string; cert: string },
): Promise<{ ports: Ports; listeners: readonly Listener[] }> {
  const now = () => world.clock.now();
  const serve =
    (service: ServiceName): CallHandler =>
    async (request) =>
      serveCall(world, service, request);
  const control = createControl(world);
  const keyVault = await listen({ port: ports.keyVault, tls, now, handle: serve('keyVault') });
  const entra = await listen({ port: ports.entra, tls, now, handle: serve('entra') });
  const controlListener = await listen({
    port: ports.control,
    now: () => new Date(),
    handle: async (request) => ({ kind: 'answer', response: await control(request) }),
  });
  return {
    ports: { ...ports, keyVault: keyVault.port, entra: entra.port, control: controlListener.port },
    listeners: [keyVault, entra, controlListener],
  };
}

function readyLine(
  { entra }: EmulatedWorld,
  ports: Ports,
  files: { certificatePath: string; caFile: string },
): ReadyLine {
  const { tenantId, firstApplication } = entra.directory;
  return {
    keyVault: { url: `https://localhost:${ports.keyVault}` },
    entra: {
      authority: `https://localhost:${ports.entra}`,
      tenantId,
      clientId: firstApplication.clientId,
      clientSecret: firstApplication.secrets[0] ?? '',
      certificatePath: files.certificatePath,
    },
    caFile: files.caFile,
    control: { url: `http://127.0.0.1:${ports.control}` },
    pid: process.pid,
  };
}
