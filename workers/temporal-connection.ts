import { readFileSync } from 'node:fs';
import path from 'node:path';
import { resolveCredential } from '../adapters/credentials';
import type { RuntimeSettings } from '../config/runtime-settings';
import { SsakvError } from '../domain/errors/ssakv-error';

type TemporalSettings = RuntimeSettings['temporal'];

/** What both kinds of Temporal connections take. `tls` is false for plain text. */
export interface TemporalConnectionOptions {
  readonly address: string;
  readonly tls: TemporalTls | false;
  readonly apiKey?: string;
}

interface TemporalTls {
  readonly serverNameOverride?: string;
  readonly serverRootCACertificate?: Buffer;
  readonly clientCertPair?: { readonly crt: Buffer; readonly key: Buffer };
}

/**
 * Reads the files and credentials that ssakv.yaml names for Temporal.
 *
 * @throws SsakvError CredentialUnreadable
 */
export async function temporalConnectionOptions(
  settings: RuntimeSettings,
): Promise<TemporalConnectionOptions> {
  const { address, apiKey } = settings.temporal;
  const tls = readTls(settings.temporal, settings.baseDirectory);
  if (apiKey === undefined) return { address, tls };
  const resolved = await resolveCredential(apiKey, { baseDirectory: settings.baseDirectory });
  if (resolved.kind !== 'text')
    throw new SsakvError('TemporalRefused', { detail: 'The API key is not a text.' });
  // An API key must never travel in plain text.
  return { address, tls: tls === false ? {} : tls, apiKey: resolved.text };
}

function readTls(settings: TemporalSettings, baseDirectory: string): TemporalTls | false {
  if (settings.tls === undefined) return false;
  const { caFile, certFile, keyFile, serverName } = settings.tls;
  const read = (file: string) => readTlsFile(path.resolve(baseDirectory, file));
  return {
    ...(serverName !== undefined && { serverNameOverride: serverName }),
    ...(caFile !== undefined && { serverRootCACertificate: read(caFile) }),
    ...(certFile !== undefined &&
      keyFile !== undefined && { clientCertPair: { crt: read(certFile), key: read(keyFile) } }),
  };
}

function readTlsFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new SsakvError('TemporalRefused', {
      detail: `The file ${file} of \`temporal.tls\` cannot be read.`,
    });
  }
}
