import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';

/** Where a connection is cut: at the first bytes a client sends that hold a text. */
export interface Cut {
  /** The statement that has to come first on the same connection, or undefined. */
  readonly after?: string;
  readonly at: string;
  /** Whether those bytes still reach the server; its answer never comes back. */
  readonly forwarded: boolean;
}

/** A proxy before a server on this machine whose connections a test can cut as a network would. */
export interface TcpProxy {
  /** The port that leads to this one of 127.0.0.1. */
  portFor(port: number): number;
  /** Cuts one connection, once, when a client sends what the cut names; resolves when that has happened. */
  cutOnce(cut: Cut): Promise<void>;
  /** Cuts all connections and refuses new ones until `restore`. */
  cutAll(): void;
  restore(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(): Promise<TcpProxy> {
  const target = { host: '127.0.0.1', port: 0 };
  const clients = new Set<Socket>();
  let refusing = false;
  let planned: { readonly cut: Cut; readonly happened: () => void } | undefined;

  const server = createServer((client) => {
    if (refusing) {
      client.destroy();
      return;
    }
    const upstream = connect(target);
    clients.add(client);
    let armed = false;
    client.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      if (planned !== undefined) {
        const { cut, happened } = planned;
        armed ||= cut.after === undefined || text.includes(cut.after);
        if (armed && text.includes(cut.at)) {
          planned = undefined;
          if (cut.forwarded) upstream.write(bytes);
          client.destroy();
          happened();
          return;
        }
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => client.write(bytes));
    client.on('error', () => client.destroy());
    upstream.on('error', () => upstream.destroy());
    client.on('close', () => {
      clients.delete(client);
      upstream.end();
    });
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');

  return {
    portFor(port) {
      target.port = port;
      return address.port;
    },
    cutOnce: async (cut) =>
      await new Promise((resolve) => {
        planned = { cut, happened: resolve };
      }),
    cutAll() {
      refusing = true;
      for (const client of clients) client.destroy();
    },
    restore() {
      refusing = false;
    },
    async close() {
      for (const client of clients) client.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
