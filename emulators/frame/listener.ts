import http from 'node:http';
import https from 'node:https';
import type { Outcome } from './perform';

/** Answers one call; `request.url` carries the scheme and the Host that the client used. */
export type CallHandler = (request: Request) => Promise<Outcome>;

export interface ListenerOptions {
  /** Key and certificate for HTTPS; plain HTTP without them. */
  readonly tls?: { key: string; cert: string };
  /** 0 picks a free port. */
  readonly port: number;
  readonly now: () => Date;
  readonly handle: CallHandler;
}

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

// Clients pool connections. A short idle time on our side would cut one just as a client sends on it.
const KEEP_ALIVE_MS = 300_000;
const NO_IPV6: readonly unknown[] = ['EADDRNOTAVAIL', 'EAFNOSUPPORT'];

// A port that is free on IPv4 can be some client's port on IPv6; with no port asked for, another one will do.
const ATTEMPTS = 5;

/** Listens on loopback (IPv4, and IPv6 where the machine has it) and turns each call into a fetch `Request`. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listenOnce(options);
    } catch (error) {
      if (options.port !== 0 || codeOf(error) !== 'EADDRINUSE' || attempt === ATTEMPTS) throw error;
    }
  }
}

async function listenOnce(options: ListenerOptions): Promise<Listener> {
  const first = makeServer(options);
  await bind(first, options.port, '127.0.0.1');
  const address = first.address();
  if (address === null || typeof address === 'string') throw new Error('The listener has no port');
  const { port } = address;
  const second = makeServer(options);
  const servers = [first];
  try {
    await bind(second, port, '::1');
    servers.push(second);
  } catch (error) {
    if (!NO_IPV6.includes(codeOf(error))) {
      await closeServer(first);
      throw error;
    }
  }
  return { port, close: async () => void (await Promise.all(servers.map(closeServer))) };
}

function makeServer(options: ListenerOptions): http.Server {
  const scheme = options.tls ? 'https' : 'http';
  const serve: http.RequestListener = (incoming, outgoing) => {
    answer(options, scheme, incoming, outgoing).catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      if (!outgoing.headersSent) outgoing.writeHead(500);
      outgoing.end();
    });
  };
  const server = options.tls
    ? https.createServer({ ...options.tls, minVersion: 'TLSv1.2' }, serve)
    : http.createServer(serve);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.requestTimeout = 0;
  return server;
}

async function bind(server: http.Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

async function closeServer(server: http.Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

async function answer(
  options: ListenerOptions,
  scheme: 'http' | 'https',
  incoming: http.IncomingMessage,
  outgoing: http.ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
  } catch {
    return; // The client went away before it had sent the whole call.
  }
  const request = toRequest(scheme, incoming, Buffer.concat(chunks));
  const outcome: Outcome = request
    ? await options.handle(request)
    : { kind: 'answer', response: new Response('Bad Request', { status: 400 }) };
  if (outcome.kind === 'cut') incoming.socket.destroy();
  else await send(outcome.response, options.now(), incoming.method === 'HEAD', outgoing);
}

function toRequest(scheme: string, incoming: http.IncomingMessage, body: Buffer): Request | undefined {
  const method = incoming.method ?? 'GET';
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  try {
    // An absolute-form target (RFC 9112 §3.2.2) keeps its path only: the Host header names the service.
    const target = incoming.url?.startsWith('/') ? incoming.url : new URL(incoming.url ?? '').pathname;
    const url = new URL(`${scheme}://${incoming.headers.host}`);
    const carriesBody = body.length > 0 && method !== 'GET' && method !== 'HEAD';
    return new Request(`${url.origin}${target}`, {
      method,
      headers,
      ...(carriesBody ? { body: new Uint8Array(body) } : {}),
    });
  } catch {
    return undefined;
  }
}

async function send(
  response: Response,
  now: Date,
  headOnly: boolean,
  outgoing: http.ServerResponse,
): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  outgoing.setHeader('Date', now.toUTCString());
  for (const [name, value] of response.headers) {
    if (name !== 'set-cookie') outgoing.setHeader(name, value);
  }
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies);
  if (response.status !== 204 && response.status !== 304) outgoing.setHeader('content-length', body.length);
  outgoing.writeHead(response.status);
  outgoing.end(headOnly ? undefined : body);
}
