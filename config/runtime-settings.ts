import path from 'node:path';
import type { CredentialReference } from '../domain/connectors';
import { check } from './checking';
import { deepFreeze } from './deep-freeze';
import { parseYaml, type ConfigSource } from './documents';
import { omitUndefined } from './omit-undefined';
import { refuseProblems } from './problems';
import { runtimeGuides } from './runtime-guides';
import { effectiveTimings, runtimeRules } from './runtime-rules';
import { runtimeSchema, type RuntimeFile } from './runtime-schema';
import { readRequired } from './source-files';

/** An address to listen on; port 0 means any free one. */
export interface Listener {
  readonly host: string;
  readonly port: number;
}

/** What a connector may name: vault URLs, folder paths, and credential references as text. */
export interface AllowLists {
  readonly vaults: readonly string[];
  /** A folder allows what is below it; `*` allows every folder. */
  readonly folders: readonly string[];
  /** `file:<path>`, `env:<name>`, `certificate:<path>`, `managedIdentity`, … */
  readonly credentials: readonly string[];
}

/** ssakv.yaml: what a process of ssakv needs before it knows any connector. File paths of `tls` are absolute. */
export interface RuntimeSettings {
  /** Set by `ssakv dev`: the minimums of the timings are not enforced. */
  readonly development: boolean;
  readonly installation: { readonly id: string; readonly key: CredentialReference };
  readonly ledger: {
    /** Without a password. */
    readonly url: string;
    readonly password?: CredentialReference;
    readonly maxConnections: number;
  };
  readonly temporal: {
    /** `host:port` */
    readonly address: string;
    readonly namespace: string;
    readonly tls?: {
      readonly caFile?: string;
      readonly certFile?: string;
      readonly keyFile?: string;
      readonly serverName?: string;
    };
    readonly apiKey?: CredentialReference;
    readonly uiUrl?: string;
  };
  readonly allow: AllowLists;
  readonly listeners: {
    readonly operators: Listener;
    readonly metrics: Listener;
    readonly workerMetrics: Listener;
  };
  readonly timings: {
    readonly requestTimeoutSeconds: number;
    readonly pairLeaseSeconds: number;
    readonly settleSeconds: number;
  };
  /** Engine pools whose task queues this worker polls, beside those of its connectors. */
  readonly poolIds: readonly number[];
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** Folder of ssakv.yaml, absolute. Relative paths of credential references start here. */
  readonly baseDirectory: string;
}

/**
 * Reads ssakv.yaml. The result is frozen.
 *
 * Throws SsakvError with all problems: ConfigurationInvalid or the code that they share, ConfigurationFileUnreadable.
 */
export function loadRuntimeSettings(file: string): RuntimeSettings {
  return parseRuntimeSettings(readRequired(file));
}

/** The same from a text; `file` names it in errors and gives the base directory. */
export function parseRuntimeSettings(source: ConfigSource): RuntimeSettings {
  const checked = check(parseYaml(source), runtimeSchema, { guides: runtimeGuides, rules: runtimeRules });
  if (checked.kind === 'valid')
    return deepFreeze(toSettings(checked.value, path.resolve(path.dirname(source.file))));
  refuseProblems(checked.problems);
  throw new Error('a refused file has problems');
}

function toSettings(file: RuntimeFile, baseDirectory: string): RuntimeSettings {
  const { request, lease, settle } = effectiveTimings(file.timings);
  return {
    development: file.development,
    installation: file.installation,
    ledger: omitUndefined({
      url: file.ledger.url,
      password: file.ledger.password,
      maxConnections: file.ledger.max_connections,
    }),
    temporal: temporalSettings(file.temporal, baseDirectory),
    allow: file.allow,
    listeners: {
      operators: file.listeners.operators,
      metrics: file.listeners.metrics,
      workerMetrics: file.listeners.worker_metrics,
    },
    timings: { requestTimeoutSeconds: request, pairLeaseSeconds: lease, settleSeconds: settle },
    poolIds: file.pool_ids,
    logLevel: file.log_level,
    baseDirectory,
  };
}

function temporalSettings(file: RuntimeFile['temporal'], baseDirectory: string): RuntimeSettings['temporal'] {
  const resolve = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : path.resolve(baseDirectory, name);
  const { tls } = file;
  return omitUndefined({
    address: file.address,
    namespace: file.namespace,
    tls:
      tls === undefined
        ? undefined
        : omitUndefined({
            caFile: resolve(tls.ca_file),
            certFile: resolve(tls.cert_file),
            keyFile: resolve(tls.key_file),
            serverName: tls.server_name,
          }),
    apiKey: file.api_key,
    uiUrl: file.ui_url,
  });
}
