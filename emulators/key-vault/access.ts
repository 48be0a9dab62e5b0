import type { KeyObject } from 'node:crypto';
import { errors, jwtVerify } from 'jose';
import { KeyVaultError } from './errors';

/** What the vault must know of its tenant: where tokens come from and how to check them. */
export interface TenantTrust {
  /** URL of the tenant at its authority, for the challenge. */
  readonly authorization: string;
  readonly issuer: string;
  readonly signingKey: KeyObject;
}

/**
 * The resource that tokens must be for: the host without its first label, with the port unless it is 443. Hosts
 * without labels (`localhost`, addresses) stand for the public cloud.
 */
function resourceOf(url: URL): string {
  const labels = url.hostname.split('.');
  if (labels.length < 2 || /^[\d.]+$|^\[/.test(url.hostname)) return 'https://vault.azure.net';
  const port = url.port === '' ? '' : `:${url.port}`;
  return `https://${labels.slice(1).join('.')}${port}`;
}

/** The value of `WWW-Authenticate` on every 401, with or without a token. */
export function challengeOf(url: URL, trust: TenantTrust): string {
  return `Bearer authorization="${trust.authorization}", resource="${resourceOf(url)}"`;
}

/** Checks signature, issuer, audience and lifetime of the bearer token; throws a 401 `KeyVaultError`. */
export async function requireToken(request: Request, trust: TenantTrust, now: Date): Promise<void> {
  const [scheme, token] = (request.headers.get('authorization') ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !token) {
    throw unauthorized('AKV10000: Request is missing a Bearer, PoP, or MTLS_POP token.');
  }
  const audience = resourceOf(new URL(request.url));
  try {
    await jwtVerify(token, trust.signingKey, {
      issuer: trust.issuer,
      audience: [audience, `${audience}/`],
      currentDate: now,
      // Clocks may differ by five minutes, the tolerance of Microsoft's token validators.
      clockTolerance: 300,
    });
  } catch (error) {
    throw refusal(error, audience);
  }
}

// Texts as in Azure/azure-sdk-for-python #27266 (expiry), hashicorp/terraform-provider-azurerm #30912 (key),
// crossplane-contrib/provider-azure #346 (audience); the others are in the same style but were not seen.
function refusal(error: unknown, expectedAudience: string): KeyVaultError {
  if (error instanceof errors.JWTExpired)
    return unauthorized("[TokenExpired] Error validating token: 'S2S12086'.");
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
    const found = String(error.payload.aud);
    return unauthorized(`AKV10022: Invalid audience. Expected ${expectedAudience}, found: ${found}.`);
  }
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'iss') {
    const found = String(error.payload.iss);
    return unauthorized(`AKV10032: Invalid issuer. Expected one of the vault's tenant, found ${found}.`);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return unauthorized('AKV10046: Unable to resolve the key used for signature validation.');
  }
  return unauthorized('Error validating token.');
}

function unauthorized(message: string): KeyVaultError {
  return new KeyVaultError(401, 'Unauthorized', message);
}
