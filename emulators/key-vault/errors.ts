/**
 * An answer other than success. Codes, inner codes and texts are the service's own, as recorded in the test
 * recordings of the Azure SDKs (github.com/Azure/azure-sdk-assets) and quoted in public issue threads.
 */
export class KeyVaultError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly innerCode?: string,
  ) {
    super(message);
  }

  /** The body: `innererror` only where there is an inner code. */
  toBody(): unknown {
    const { code, message, innerCode } = this;
    return { error: { code, message, ...(innerCode ? { innererror: { code: innerCode } } : {}) } };
  }
}

export const badParameter = (message: string): KeyVaultError =>
  new KeyVaultError(400, 'BadParameter', message);

// Captured for too many tags (hashicorp/terraform-provider-azurerm #16780) and values out of bounds
// (Azure/azure-sdk-for-node #2198); the double blank stands where the service names no property.
export const invalidProperty = (): KeyVaultError => badParameter('Property  has invalid value\r\n');

export const secretNotFound = (nameOrId: string): KeyVaultError =>
  new KeyVaultError(
    404,
    'SecretNotFound',
    `A secret with (name/id) ${nameOrId} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`,
  );

export const deletedSecretNotFound = (name: string): KeyVaultError =>
  new KeyVaultError(404, 'SecretNotFound', `Deleted Secret not found: ${name}`);

export const secretDisabled = (): KeyVaultError =>
  new KeyVaultError(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', 'SecretDisabled');

export const methodNotAllowed = (method: string): KeyVaultError =>
  new KeyVaultError(405, 'MethodNotAllowed', `HTTP ${method} not allowed`);

export const deletedButRecoverable = (name: string): KeyVaultError =>
  new KeyVaultError(
    409,
    'Conflict',
    `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.`,
    'ObjectIsDeletedButRecoverable',
  );

/** A part of the service that this stand-in does not have; the real service never answers so. */
export const notServed = (path: string): KeyVaultError =>
  new KeyVaultError(501, 'NotImplemented', `This stand-in does not serve ${path}`);
