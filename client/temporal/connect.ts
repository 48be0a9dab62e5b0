import { Client, Connection } from '@temporalio/client';
import type { RuntimeSettings } from '../../config/runtime-settings';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { temporalConnectionOptions } from '../../workers/temporal-connection';
import { asTemporalError } from '../../workers/temporal-error';

const connectTimeoutMs = 8_000;

export interface OpenedTemporal {
  readonly client: Client;
  close(): Promise<void>;
}

/**
 * Connects to the Temporal server that ssakv.yaml names, with TLS, client certificate or API key as configured.
 *
 * @throws SsakvError TemporalUnreachable, TemporalRefused
 */
export async function connectTemporal(settings: RuntimeSettings): Promise<OpenedTemporal> {
  const { address, tls, apiKey } = await temporalConnectionOptions(settings);
  const options = { address, tls, connectTimeout: connectTimeoutMs, ...(apiKey !== undefined && { apiKey }) };
  const connection = await Connection.connect(options).catch((error: unknown) => {
    // The library reports an unanswered address by a plain timeout error.
    if (error instanceof Error && error.name !== 'ServiceError') throw unreachable(address);
    return asTemporalError(error);
  });
  const client = new Client({ connection, namespace: settings.temporal.namespace });
  return { client, close: () => connection.close() };
}

function unreachable(address: string): SsakvError {
  return new SsakvError('TemporalUnreachable', { detail: `The address is ${address}.` });
}
