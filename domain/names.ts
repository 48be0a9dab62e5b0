import { externalNameLengthLimit } from './limits';

export type NameResult =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'invalid'; readonly name: string; readonly reason: string };

const allowedCharacters = /^[0-9a-zA-Z-]+$/;

/**
 * The Key Vault name of a secret: `<prefix>-<secretId>`.
 *
 * Key Vault takes 1 to 127 letters, digits and hyphens
 * (https://learn.microsoft.com/rest/api/keyvault/secrets/set-secret/set-secret).
 */
export function externalName(prefix: string, secretId: number): NameResult {
  const name = `${prefix}-${secretId}`;
  if (!Number.isSafeInteger(secretId) || secretId <= 0) {
    return {
      kind: 'invalid',
      name,
      reason: `the secret's number is ${secretId}, and only whole numbers above 0 make a name`,
    };
  }
  if (!allowedCharacters.test(name)) {
    return { kind: 'invalid', name, reason: 'a name may hold only letters, digits and hyphens' };
  }
  if (name.length > externalNameLengthLimit) {
    return {
      kind: 'invalid',
      name,
      reason: `it has ${name.length} characters and ${externalNameLengthLimit} are allowed`,
    };
  }
  return { kind: 'name', name };
}

/** The form in which two names are compared: Key Vault does not tell upper from lower case. */
export function foldName(name: string): string {
  return name.toLowerCase();
}

/** The name of the secret that the connection test writes its tags on. */
export function connectionProbeName(prefix: string): string {
  return `${prefix}-connection-probe`;
}
