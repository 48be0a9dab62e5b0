import type { ErrorDefinition } from './definition';

/** Signing in to Microsoft Entra ID, and the credentials and certificates that are needed before any call. */
export const entraErrors = {
  EntraWrongSecret: {
    retryable: false,
    happened: 'Microsoft Entra ID refused the client secret.',
    cause: 'The secret that the credential reference yields is not a secret of this app registration.',
    remedy:
      "Put the secret's value (not its id) where the credential reference points, then test the connection.",
  },
  EntraCredentialExpired: {
    retryable: false,
    happened: 'Microsoft Entra ID refused the credential because it has expired.',
    cause: 'The client secret or certificate of the app registration is past its end date.',
    remedy:
      'Add a new certificate or secret to the app registration and put it where the credential reference points.',
  },
  EntraUnknownApplication: {
    retryable: false,
    happened: 'Microsoft Entra ID does not know the application.',
    cause: 'The client id does not exist in this tenant, or it belongs to another tenant.',
    remedy:
      'Compare clientId and tenantId with the app registration; create its service principal if it is missing.',
  },
  EntraApplicationDisabled: {
    retryable: false,
    happened: 'Microsoft Entra ID refused the application because it is disabled.',
    cause: 'An administrator disabled the app registration or its service principal.',
    remedy: 'Ask an Entra administrator to enable the service principal, then test the connection.',
  },
  EntraWrongTenant: {
    retryable: false,
    happened: 'Microsoft Entra ID does not know the tenant.',
    cause: 'The tenant id is wrong, or the tenant lives in another Azure cloud than the one configured.',
    remedy: 'Compare tenantId and cloud with the Azure portal.',
  },
  EntraCertificateNotRegistered: {
    retryable: false,
    happened: 'Microsoft Entra ID refused the client certificate.',
    cause:
      'The certificate is not registered with the application, or its private key does not belong to it.',
    remedy: 'Upload the certificate (its public part) to the app registration and test the connection.',
  },
  EntraClockSkew: {
    retryable: true,
    happened: 'Microsoft Entra ID refused the signed assertion because of its times.',
    cause: 'The clock of this machine is wrong by minutes, or the federated token has expired.',
    remedy: 'Set the clock of this machine by a time server.',
  },
  EntraFederationNotMatched: {
    retryable: false,
    happened: 'Microsoft Entra ID refused the federated token.',
    cause:
      'No federated credential of the application matches the issuer, subject and audience of the token.',
    remedy: "Add a federated credential for this workload's service account to the app registration.",
  },
  EntraRefused: {
    retryable: false,
    happened: 'Microsoft Entra ID refused to issue a token.',
    cause: 'The number in this message is the AADSTS code that names the reason.',
    remedy: 'Look the code up at https://login.microsoftonline.com/error and correct what it names.',
  },
  EntraThrottled: {
    retryable: true,
    happened: 'Microsoft Entra ID asked us to slow down.',
    cause: 'Too many tokens were requested for this application in a short time.',
    remedy:
      'Nothing has to be done: the step is tried again. If it persists, look for other users of the application.',
  },
  EntraUnavailable: {
    retryable: true,
    happened: 'Microsoft Entra ID failed to answer the sign-in.',
    cause:
      'The service, or a proxy on the way, answered with a server error or with something that is no answer.',
    remedy: 'Nothing has to be done: the step is tried again. If it persists, look at the Azure status page.',
  },
  EntraUnreachable: {
    retryable: true,
    happened: 'Microsoft Entra ID could not be reached.',
    cause: 'The name does not resolve, the connection is refused or cut, or the answer took too long.',
    remedy: 'Allow outbound HTTPS to the authority host, or set the proxy of this connector.',
  },
  EntraUntrusted: {
    retryable: false,
    happened: 'The TLS certificate of the sign-in authority is not trusted.',
    cause:
      'A proxy that inspects TLS, or a private authority, uses a certificate authority that is not known here.',
    remedy: "Name the certificate authority's PEM file in caFile of this connector.",
  },
  ManagedIdentityUnavailable: {
    retryable: true,
    happened: 'No managed identity answered on this machine.',
    cause: 'The machine has no managed identity, or not the one named, or its endpoint is not ready.',
    remedy: 'Assign the identity to the machine or container, or choose another authMethod.',
  },
  WorkloadIdentityUnavailable: {
    retryable: false,
    happened: 'The workload identity of this process could not be read.',
    cause: 'AZURE_FEDERATED_TOKEN_FILE is not set, or the file that it names cannot be read.',
    remedy: 'Run the worker with a service account that is annotated for workload identity.',
  },
  VaultInOtherTenant: {
    retryable: false,
    happened: 'The Key Vault belongs to another Entra tenant than the connector.',
    cause: "The vault's sign-in challenge names a tenant that differs from tenantId.",
    remedy: 'Correct tenantId or keyVaultUrl in the connector file.',
  },
  CredentialFileUnreadable: {
    retryable: false,
    happened: 'A credential file could not be read.',
    cause: 'The file that a credential reference names is missing or closed to this process.',
    remedy: 'Put the file where the reference points and let the user of this process read it.',
  },
  CredentialVariableMissing: {
    retryable: false,
    happened: 'An environment variable that holds a credential is not set.',
    cause: 'A credential reference names a variable that this process does not have.',
    remedy: 'Set the variable for the worker process and start it again.',
  },
  CredentialEmpty: {
    retryable: false,
    happened: 'A credential is empty.',
    cause: 'The file, variable or secret that a credential reference names holds no text.',
    remedy: 'Put the credential where the reference points.',
  },
  CredentialCertificateUnusable: {
    retryable: false,
    happened: 'A certificate file cannot be used to sign in.',
    cause:
      'The file must be PEM with one certificate and its unencrypted PKCS#8 private key that belongs to it.',
    remedy:
      'Write both parts into one PEM file, e.g. with `openssl pkcs12 -in client.pfx -nodes -out client.pem`.',
  },
  CredentialSecretUnclear: {
    retryable: false,
    happened: 'A Secret Server secret cannot serve as a credential.',
    cause: 'It must be readable by the account of ssakv and have exactly one password field that is filled.',
    remedy: 'Use a secret of a template with one password field, or refer to a file.',
  },
  CredentialNotUsable: {
    retryable: false,
    happened: 'A credential reference does not fit its use.',
    cause: 'This way to sign in needs another kind of credential than the reference yields.',
    remedy: 'Compare authMethod and credential with the table of credentials in docs/configuration.md.',
  },
  ExtraCaUnreadable: {
    retryable: false,
    happened: 'The file with the extra certificate authority could not be used.',
    cause: 'The file that caFile names is missing, closed to this process or not PEM.',
    remedy: 'Put the PEM file of the certificate authority where caFile points.',
  },
} as const satisfies Record<string, ErrorDefinition>;
