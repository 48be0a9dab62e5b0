import type { ErrorDefinition } from './definition';

/** What Delinea Secret Server can answer. Source: its REST API reference and the vendor's published SDKs. */
export const secretServerErrors = {
  SecretServerLoginFailed: {
    retryable: false,
    happened: 'Secret Server refused the login.',
    cause: 'The user name, domain or password is wrong, or the account is locked or disabled.',
    remedy: 'Check the account in Secret Server and the credential reference in secret-servers.yaml.',
  },
  SecretServerTokenRefused: {
    retryable: true,
    happened: 'Secret Server refused the access token directly after a login.',
    cause: 'The session was ended on the server, or a load balancer sends requests to another server.',
    remedy:
      'Nothing has to be done: the step is tried again. If it persists, check session settings of the server.',
  },
  SecretServerAccessDenied: {
    retryable: false,
    happened: 'Secret Server denied access.',
    cause: 'The account lacks a permission, or the object does not exist: Secret Server answers both alike.',
    remedy: 'Give the account View on the folders and the role permissions listed in docs/operations.md.',
  },
  SecretServerRefusedForNow: {
    retryable: true,
    happened: 'Secret Server answered 403 without a reason.',
    cause: 'Secret Server Cloud answers so when requests come too fast; a firewall can do the same.',
    remedy:
      'Nothing has to be done: the step is tried again. If it persists, check the firewall and allowed addresses.',
  },
  SecretServerThrottled: {
    retryable: true,
    happened: 'Secret Server asked us to slow down.',
    cause: 'Too many requests came in a short time.',
    remedy: 'Nothing has to be done: the step is tried again.',
  },
  SecretServerRequestRefused: {
    retryable: false,
    happened: 'Secret Server refused the request.',
    cause: 'The request breaks a rule of the server that ssakv does not know.',
    remedy: "Look at Secret Server's system log for the time of this message.",
  },
  SecretServerWrongAddress: {
    retryable: false,
    happened: 'There is no Secret Server API at the configured address.',
    cause: 'The URL lacks its path (often /SecretServer), points to another site or is redirected.',
    remedy: 'Correct url in secret-servers.yaml to the base URL that the browser shows before /app.',
  },
  SecretServerUnavailable: {
    retryable: true,
    happened: 'Secret Server failed to answer.',
    cause: 'The server, or a proxy on the way, answered with a server error or is in maintenance.',
    remedy: 'Nothing has to be done: the step is tried again.',
  },
  SecretServerTimedOut: {
    retryable: true,
    happened: 'Secret Server did not answer in time.',
    cause: 'The server or the network is slow.',
    remedy: 'Nothing has to be done: the step is tried again.',
  },
  SecretServerConnectionLost: {
    retryable: true,
    happened: 'The connection to Secret Server was lost before the answer came.',
    cause: 'The server, a proxy or the network closed it.',
    remedy: 'Nothing has to be done: the step is tried again.',
  },
  SecretServerUnreachable: {
    retryable: true,
    happened: 'Secret Server could not be reached.',
    cause: 'Its name does not resolve, or the connection is refused.',
    remedy: 'Check url, DNS and proxy in secret-servers.yaml.',
  },
  SecretServerUntrusted: {
    retryable: false,
    happened: "Secret Server's TLS certificate is not trusted.",
    cause: 'It is self-signed, issued by a private authority or for another name.',
    remedy: "Name the certificate authority's PEM file in ca_file of this server in secret-servers.yaml.",
  },
  SecretServerAnsweredGarbage: {
    retryable: true,
    happened: 'Secret Server answered with success, but not with what the operation returns.',
    cause: 'A proxy, a login page or a maintenance page answered in place of the API.',
    remedy: 'Check url in secret-servers.yaml and what stands between this machine and the server.',
  },
  SecretServerFileTooLarge: {
    retryable: false,
    happened: 'A file field of the secret is too large to be kept in Key Vault.',
    cause: 'Key Vault takes 25,000 bytes for a whole secret; the attachment alone is far over it.',
    remedy: 'Take the field out of the template map, or keep the file elsewhere.',
  },
  SecretServerReportUnusable: {
    retryable: false,
    happened: 'The report of changes could not be run.',
    cause: 'It is not installed under the configured name, or the account may not view it.',
    remedy: 'Install the report as docs/changes-report.md shows, or remove it from secret-servers.yaml.',
  },
  SecretServerReportMalformed: {
    retryable: false,
    happened: 'The report of changes does not have the expected columns.',
    cause: 'Its SQL differs from the one in docs/changes-report.md.',
    remedy: 'Install the SQL of docs/changes-report.md: columns AuditId, SecretId, Action, DateRecorded.',
  },
} as const satisfies Record<string, ErrorDefinition>;
