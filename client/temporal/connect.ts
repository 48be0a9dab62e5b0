import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { RuntimeSettings } from '../../config/runtime-settings';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { temporalConnectionOptions } from '../../workers/temporal-connection';
import { classifyTemporalError } from '../../workers/temporal-error';

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
  const connection = await Connection.connect(await clientOptions(settings)).catch((error: unknown) => {
    throw classifyTemporalError(error) ?? unreachable(settings.temporal.address);
  });
  return opened(connection, settings);
}

/** As `connectTemporal`, but the first call connects: for processes that must start before Temporal does. */
export async function connectTemporalLazily(settings: RuntimeSettings): Promise<OpenedTemporal> {
  return opened(Connection.lazy(await clientOptions(settings)), settings);
}

async function clientOptions(settings: RuntimeSettings): Promise<ConnectionOptions> {
  return { ...(await temporalConnectionOptions(settings)), connectTimeout: connectTimeoutMs };
}

function opened(connection: Connection, settings: RuntimeSettings): OpenedTemporal {
  const client = new Client({ connection, namespace: settings.temporal.namespace });
  return { client, close: () => connection.close() };
}

function unreachable(address: string): SsakvError {
  return new SsakvError('TemporalUnreachable', { detail: `The address is ${address}.` });
}
