import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { connect, createServer as createPlainServer, type Socket } from 'node:net';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { serverIdentity } from '../../emulators/frame/certificates';

export interface OddRequest {
  readonly method: string;
  /** Path with query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type OddReply =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  /** Ends the connection before the answer, or in the middle of its body. */
  | 'cut'
  | 'cutBody'
  /** Never answers, or stops in the middle of its body. */
  | 'hang'
  | 'hangBody';

/** A server over HTTPS that answers whatever a test wants, well-formed or not. */
export interface OddServer {
  readonly url: string;
  readonly caFile: string;
  /** Every request since the start or the last `script`, oldest first. */
  readonly requests: readonly OddRequest[];
  /** From now on `answer` decides; earlier requests are forgotten. */
  script(answer: (request: OddRequest, index: number) => OddReply): void;
  stop(): Promise<void>;
}

export async function startOddServer(): Promise<OddServer> {
  const directory = mkdtempSync(path.join(tmpdir(), 'ssakv-odd-'));
  const { key, cert, caFile } = await serverIdentity(directory);
  const requests: OddRequest[] = [];
  let answer: (request: OddRequest, index: number) => OddReply = () => ({ status: 500 });
  const listener: RequestListener = (message, response) => {
    void readBody(message).then((body) => {
      const request = {
        method: message.method ?? '',
        url: message.url ?? '',
        headers: message.headers,
        body,
      };
      requests.push(request);
      reply(response, answer(request, requests.length - 1));
    });
  };
  const server = createServer({ key, cert }, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `https://localhost:${address.port}`,
    caFile,
    requests,
    script: (next) => {
      requests.length = 0;
      answer = next;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function reply(response: ServerResponse, odd: OddReply): void {
  if (odd === 'hang') return;
  if (odd === 'cut') {
    response.socket?.destroy();
    return;
  }
  if (odd === 'cutBody' || odd === 'hangBody') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"id":', () => (odd === 'cutBody' ? response.socket?.destroy() : undefined));
    return;
  }
  const text = typeof odd.body === 'string' || Buffer.isBuffer(odd.body);
  response.writeHead(odd.status, { 'content-type': text ? 'text/html' : 'application/json', ...odd.headers });
  response.end(text ? odd.body : odd.body === undefined ? undefined : JSON.stringify(odd.body));
}

async function readBody(message: IncomingMessage): Promise<string> {
  message.setEncoding('utf8');
  let body = '';
  for await (const chunk of message) body += String(chunk);
  return body;
}

export interface TunnelProxy {
  readonly url: string;
  /** Host and port of every tunnel that was asked for. */
  readonly tunnels: readonly string[];
  stop(): Promise<void>;
}

/** An HTTP proxy that does CONNECT and nothing else, or refuses it with a status. */
export async function startTunnelProxy(refusal?: string): Promise<TunnelProxy> {
  const tunnels: string[] = [];
  const sockets = new Set<Socket>();
  const server = createPlainServer((socket) => {
    sockets.add(socket);
    socket.once('data', (head) => {
      const target = /^CONNECT ([^:]+):(\d+)/.exec(head.toString('latin1'));
      if (target === null) return socket.destroy();
      tunnels.push(`${target[1]}:${target[2]}`);
      if (refusal !== undefined) return socket.end(`HTTP/1.1 ${refusal}\r\nContent-Length: 0\r\n\r\n`);
      const upstream = connect(Number(target[2]), target[1] ?? '', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(socket);
        socket.pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
      return undefined;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    tunnels,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
