import type { ErrorDefinition } from './definition';

/** What stands in the way of a cycle or of one write; most of it passes by itself. */
export const cycleErrors = {
  ConnectorNotNamed: {
    retryable: false,
    happened: 'The input names no connector.',
    cause: 'It may be left out only while there is exactly one.',
    remedy: 'Name it, for example {"connector": "akv-prod-eastus"}; `ssakv connector list` shows all.',
  },
  CycleLeaseLost: {
    retryable: false,
    happened: 'The cycle that this run wants to continue belongs to another run.',
    cause: 'Another cycle took the connector over, or the member "continued" was typed by hand.',
    remedy: 'Start a new cycle without "continued".',
  },
  ChangedSincePlan: {
    retryable: true,
    happened: 'The external secret changed between plan and write, so nothing was written.',
    cause: 'Somebody wrote to Key Vault in between.',
    remedy: 'Nothing to do: the pair is decided again.',
  },
  WriteUnsettled: {
    retryable: true,
    happened: 'Key Vault did not answer a write, so it is not known yet whether it landed.',
    cause: 'The connection was cut or the request timed out.',
    remedy:
      'Nothing to do: after the settle window the versions are read, and only then it is written again.',
  },
  PairBusy: {
    retryable: true,
    happened: 'Another attempt holds this pair, or an earlier write of it is not settled yet.',
    cause: 'A worker was stopped or is slow, or a targeted run works on the same secret.',
    remedy: 'Nothing to do: the pair is tried again when the lease or the settle window ends.',
  },
  LeaseExpired: {
    retryable: true,
    happened: 'The lease on this pair ran out before the write was sent, so nothing was written.',
    cause: 'The call budget or the machine was slow.',
    remedy: 'Nothing to do. If it happens often, raise `timings.pair_lease_seconds` in ssakv.yaml.',
  },
  PairTakenOver: {
    retryable: true,
    happened: 'Another attempt took this pair over while it was written.',
    cause: 'This attempt was slower than its lease.',
    remedy: 'Nothing to do: the other attempt settles the write.',
  },
  NotReached: {
    retryable: true,
    happened: 'The cycle ended before this secret was synced.',
    cause: 'The cycle was cancelled, or its page failed.',
    remedy: 'Nothing to do: the next cycle takes it up.',
  },
  ProbeNameTaken: {
    retryable: false,
    happened: 'The name of the connection probe is taken by a secret that is not ours.',
    cause:
      'A secret named `<prefix>-connection-probe` exists without a valid ownership mark of this connector.',
    remedy: 'Rename or delete that secret, or choose another `externalSecretPrefix`.',
  },
  SecretServerTooOld: {
    retryable: false,
    happened: 'This Secret Server is older than the configured least version.',
    cause: 'Older versions lack parts of the REST API that ssakv uses.',
    remedy: 'Upgrade Secret Server, or correct `least_version` in secret-servers.yaml.',
  },
  SecretServerUnhealthy: {
    retryable: true,
    happened: 'Secret Server calls itself unhealthy.',
    cause: 'Its own health check fails.',
    remedy: 'Look at Secret Server; try again when its health check passes.',
  },
} as const satisfies Record<string, ErrorDefinition>;
