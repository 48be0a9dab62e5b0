import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createControl } from './control/control';
import { clientCertificateFile, serverIdentity } from './frame/certificates';
import { serveCall } from './frame/front';
import { secretServerFacts } from './demo-world/demo-world';
import { listen, type CallHandler, type Listener } from './frame/listener';
import { choosePorts, rememberPorts, type Ports } from './frame/ports';
import type { ServiceName } from './frame/stand-in';
import type { EmulatorOptions } from './options';
import { buildWorld, type EmulatedWorld } from './world';

/** What the process prints when it is ready: all that a client needs. */
export interface ReadyLine {
  readonly secretServer: {
    readonly url: string;
    readonly httpUrl: string;
    readonly username: string;
    readonly password: string;
    /** The top of the governed folders, where the demo has been seeded. */
    readonly folderId?: number;
  };
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

interface RunningEmulators {
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
  const { demo } = options;
  const world = buildWorld({ dataDirectory, demo, authority: () => `https://localhost:${ports.entra}` });
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
  const controlApp = createControl(world);
  const control: CallHandler = async (request) => ({ kind: 'answer', response: await controlApp(request) });
  const opened: Readonly<Record<keyof Ports, Listener>> = {
    keyVault: await listen({ port: ports.keyVault, tls, now, handle: serve('keyVault') }),
    entra: await listen({ port: ports.entra, tls, now, handle: serve('entra') }),
    secretServer: await listen({ port: ports.secretServer, tls, now, handle: serve('secretServer') }),
    secretServerHttp: await listen({ port: ports.secretServerHttp, now, handle: serve('secretServer') }),
    control: await listen({ port: ports.control, now: () => new Date(), handle: control }),
  };
  return {
    ports: {
      keyVault: opened.keyVault.port,
      entra: opened.entra.port,
      secretServer: opened.secretServer.port,
      secretServerHttp: opened.secretServerHttp.port,
      control: opened.control.port,
    },
    listeners: Object.values(opened),
  };
}

function readyLine(
  { entra, secretServer }: EmulatedWorld,
  ports: Ports,
  files: { certificatePath: string; caFile: string },
): ReadyLine {
  const { tenantId, firstApplication } = entra.directory;
  return {
    secretServer: {
      url: `https://localhost:${ports.secretServer}`,
      httpUrl: `http://localhost:${ports.secretServerHttp}`,
      ...secretServerFacts(secretServer),
    },
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
