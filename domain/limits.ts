/**
 * What Azure Key Vault accepts. Sources:
 * https://learn.microsoft.com/azure/key-vault/secrets/about-secrets and
 * https://learn.microsoft.com/azure/key-vault/general/service-limits.
 */

/** Largest value of a secret, in bytes of UTF-8. The documentation says "25k bytes"; the smaller reading is kept. */
export const externalValueLimitBytes = 25_000;

/** Most tags on one version. */
export const tagCountLimit = 15;

/** Most characters in a tag's name or value. Microsoft's pages disagree (256 and 512); the smaller is kept. */
export const tagLengthLimit = 256;

/** Most characters in a content type. */
export const contentTypeLengthLimit = 255;

/** Most characters in a secret's name. */
export const externalNameLengthLimit = 127;

/** Most items the service puts into one page of a listing. */
export const listPageSizeLimit = 25;

/** New versions of secrets, imported keys and imported certificates together, per vault and 10 seconds. */
export const createsPer10sLimit = 300;

/** All other requests, per vault and 10 seconds. */
export const requestsPer10sLimit = 4_000;
