import type { ErrorDefinition } from './definition';

/**
 * What Azure Key Vault can answer, by status and inner code.
 * Source: https://learn.microsoft.com/azure/key-vault/general/rest-error-codes and /common-error-codes.
 */
export const keyVaultErrors = {
  KeyVaultTokenRefused: {
    retryable: false,
    happened: 'Key Vault refused the access token.',
    cause: 'The token is for another tenant or another audience than this vault expects.',
    remedy: 'Compare tenantId and cloud of the connector with the vault.',
  },
  KeyVaultChallengeMismatch: {
    retryable: false,
    happened: "The vault's sign-in challenge was not followed.",
    cause: "The challenge names another domain than the vault's own, so the token could go to a stranger.",
    remedy: 'Check keyVaultUrl and cloud; only a custom cloud may switch challengeVerification off.',
  },
  KeyVaultForbiddenByRbac: {
    retryable: false,
    happened: 'Key Vault denied the call.',
    cause:
      "The connector's identity has no role on this vault that allows it; new assignments take some minutes.",
    remedy: 'Assign the role Key Vault Secrets Officer on this vault to the identity of the connector.',
  },
  KeyVaultForbiddenByPolicy: {
    retryable: false,
    happened: 'Key Vault denied the call.',
    cause: "The vault uses access policies, and none gives the connector's identity this permission.",
    remedy: 'Move the vault to Azure RBAC, or give the identity get, list and set on secrets.',
  },
  KeyVaultForbiddenByFirewall: {
    retryable: false,
    happened: "Key Vault's firewall turned this machine away.",
    cause: 'The address of this worker is not among the networks that the vault admits.',
    remedy:
      "Add the worker's network to the vault, or run an engine pool inside the private endpoint's network.",
  },
  KeyVaultForbidden: {
    retryable: false,
    happened: 'Key Vault denied the call.',
    cause: 'The service or a proxy on the way answered 403 without one of the known reasons.',
    remedy: "Look the request up in the vault's diagnostic log.",
  },
  KeyVaultSecretDisabled: {
    retryable: false,
    happened: 'The external secret is disabled in Key Vault.',
    cause: 'Somebody disabled its current version, which Key Vault then refuses to read.',
    remedy: 'Enable the secret in Key Vault when it may be used again.',
  },
  KeyVaultSecretNotFound: {
    retryable: false,
    happened: 'Key Vault does not have this secret.',
    cause: 'It was deleted, or it is being deleted or recovered at this moment.',
    remedy: 'Nothing has to be done: the next cycle decides anew.',
  },
  KeyVaultNameSoftDeleted: {
    retryable: false,
    happened: 'Key Vault refused the write because the name is held by a deleted secret.',
    cause: 'A soft-deleted secret keeps its name until it is recovered or purged.',
    remedy: 'Recover the deleted secret, or purge it if it is not needed.',
  },
  KeyVaultObjectBeingDeleted: {
    retryable: true,
    happened: 'Key Vault refused the write because the secret is being deleted.',
    cause: 'Deletion takes some seconds in which the name can be neither read nor written.',
    remedy: 'Nothing has to be done: the step is tried again.',
  },
  KeyVaultObjectBeingRecovered: {
    retryable: true,
    happened: 'Key Vault refused the write because the secret is being recovered.',
    cause: 'Recovery takes some seconds in which the secret cannot be written.',
    remedy: 'Nothing has to be done: the step is tried again.',
  },
  KeyVaultConflict: {
    retryable: true,
    happened: 'Key Vault refused the write because of a conflict.',
    cause: 'Several operations on the same secret ran at the same time.',
    remedy: 'Nothing has to be done: the step is tried again.',
  },
  KeyVaultBadParameter: {
    retryable: false,
    happened: 'Key Vault refused the request as malformed.',
    cause: 'A name, value, tag, content type or date breaks a limit of Key Vault.',
    remedy: "Compare the secret with Key Vault's limits in docs/operations.md.",
  },
  KeyVaultRequestRefused: {
    retryable: false,
    happened: 'Key Vault refused the request.',
    cause: 'The service or a proxy on the way answered with a status that ssakv does not expect.',
    remedy: "Check keyVaultUrl and proxy, and look the request up in the vault's diagnostic log.",
  },
  KeyVaultThrottled: {
    retryable: true,
    happened: 'Key Vault asked us to slow down.',
    cause: 'The vault or its subscription had more requests in ten seconds than it serves.',
    remedy: 'Nothing has to be done: the step is tried again. If it persists, lower max_requests_per_10s.',
  },
  KeyVaultBudgetExhausted: {
    retryable: true,
    happened: 'The call to Key Vault was not made because the call budget had no room in time.',
    cause: 'Other work on the same vault used the whole budget for as long as one request may take.',
    remedy: 'Nothing has to be done: the step is tried again. If it persists, raise max_requests_per_10s.',
  },
  KeyVaultUnavailable: {
    retryable: true,
    happened: 'Key Vault failed to answer.',
    cause: 'The service or a proxy on the way answered with a server error.',
    remedy: 'Nothing has to be done: the step is tried again. If it persists, look at the Azure status page.',
  },
  KeyVaultTimedOut: {
    retryable: true,
    happened: 'Key Vault did not answer in time.',
    cause: 'The service or the network is slow.',
    remedy: 'Nothing has to be done: the step is tried again.',
  },
  KeyVaultConnectionLost: {
    retryable: true,
    happened: 'The connection to Key Vault was lost before the answer came.',
    cause: 'The service, a proxy or the network closed it.',
    remedy: 'Nothing has to be done: the step is tried again.',
  },
  KeyVaultUnreachable: {
    retryable: true,
    happened: 'Key Vault could not be reached.',
    cause: "The vault's name does not resolve, or the connection is refused.",
    remedy: 'Check keyVaultUrl, DNS (private endpoint) and proxy; allow outbound HTTPS to the vault.',
  },
  KeyVaultUntrusted: {
    retryable: false,
    happened: "The vault's TLS certificate is not trusted.",
    cause:
      'A proxy that inspects TLS uses a certificate authority that is not known here, or the name does not match.',
    remedy: "Name the certificate authority's PEM file in caFile of this connector.",
  },
  KeyVaultAnsweredGarbage: {
    retryable: true,
    happened: 'Key Vault answered with success, but not with what the operation returns.',
    cause: 'A proxy or a login page on the way answered in place of the vault.',
    remedy: 'Check the proxy between this machine and the vault.',
  },
  KeyVaultForeignNextLink: {
    retryable: false,
    happened: 'A listing of Key Vault was stopped.',
    cause: 'A page named a next page on another host, where the access token must not be sent.',
    remedy: 'Check what stands between this machine and the vault; a proxy may rewrite answers.',
  },
} as const satisfies Record<string, ErrorDefinition>;
