import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { SsakvError } from '../../domain/errors/ssakv-error';

export interface Listener {
  /** `http://host:port` with the port that was really taken. */
  readonly url: string;
  close(): Promise<void>;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Serves an application on one address.
 *
 * @throws SsakvError PortInUse
 */
export async function listen(application: Hono, address: ListenAddress, name: string): Promise<Listener> {
  const server = createServer((request, response) => {
    void getRequestListener(application.fetch)(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', () => {
      const detail = `It is ${address.host}:${address.port} (\`listeners.${name}\` in ssakv.yaml).`;
      reject(new SsakvError('PortInUse', { detail }));
    });
    server.listen(address.port, address.host, resolve);
  });
  return { url: urlOf(server), close: () => closeServer(server) };
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new SsakvError('PortInUse');
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
