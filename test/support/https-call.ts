import { request, type RequestOptions } from 'node:https';

/** An answer with its headers as sent and its body as text. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface RawCall extends Pick<RequestOptions, 'headers' | 'method'> {
  readonly ca: string;
  readonly body?: string | undefined;
}

/** One HTTPS call without any client library, trusting only `ca`. */
export async function httpsCall(url: string, call: RawCall): Promise<RawAnswer> {
  const { ca, body, headers, method = 'GET' } = call;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { ca, method, headers, agent: false }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => (text += chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
