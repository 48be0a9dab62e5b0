import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { SignJWT } from 'jose';
import { epochSeconds } from '../frame/clock';
import { requireAssertion } from './client-assertion';
import type { Application, Directory } from './directory';
import {
  credentialMissing,
  invalidScope,
  invalidSecret,
  malformedAssertion,
  parameterMissing,
  unknownApplication,
  unsupportedGrant,
} from './errors';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const DEFAULT_SUFFIX = '/.default';
// A token lives one hour; the answer counts it from a second later.
const LIFETIME_SECONDS = 3600;
// The documented tolerance: a token is valid from five minutes before it is issued.
const EARLY_SECONDS = 300;

/** One call of the token endpoint. */
export interface TokenCall {
  readonly form: URLSearchParams;
  readonly tenant: string;
  /** The authority that the client called, without a final slash. */
  readonly origin: string;
  readonly now: Date;
}

/** The client credentials grant: checks the app and gives a signed v1 access token, or throws an `EntraError`. */
export async function grantToken(directory: Directory, call: TokenCall): Promise<unknown> {
  const grant = requireParameter(call.form, 'grant_type');
  if (grant !== 'client_credentials') throw unsupportedGrant(grant);
  const clientId = requireParameter(call.form, 'client_id');
  const resource = resourceOf(requireParameter(call.form, 'scope'));
  const application = directory.application(clientId);
  if (!application) throw unknownApplication(clientId, call.tenant);
  const method = await authenticate(application, call);
  return {
    token_type: 'Bearer',
    expires_in: LIFETIME_SECONDS - 1,
    ext_expires_in: LIFETIME_SECONDS - 1,
    access_token: await accessToken(directory, { application, resource, method, now: call.now }),
  };
}

/** How the app proved itself, as the claim `appidacr` tells it: 1 by secret, 2 by certificate. */
type Method = '1' | '2';

async function authenticate(
  application: Application,
  { form, tenant, origin, now }: TokenCall,
): Promise<Method> {
  const secret = form.get('client_secret');
  const assertion = form.get('client_assertion');
  if (assertion !== null) {
    if (form.get('client_assertion_type') !== ASSERTION_TYPE)
      throw malformedAssertion('Unknown assertion type.');
    const authority = `${origin}/${tenant}`;
    const audiences = [`${authority}/oauth2/v2.0/token`, `${authority}/v2.0`, `${authority}/oauth2/token`];
    await requireAssertion(assertion, application, audiences, now);
    return '2';
  }
  if (secret === null) throw credentialMissing();
  if (!application.secrets.some((known) => same(known, secret))) throw invalidSecret(application.clientId);
  return '1';
}

/** The resource of a scope such as `https://vault.azure.net/.default`. */
function resourceOf(scope: string): string {
  const [only, ...more] = scope.split(' ').filter(Boolean);
  const resource = only?.endsWith(DEFAULT_SUFFIX) ? only.slice(0, -DEFAULT_SUFFIX.length) : '';
  if (resource === '' || more.length > 0) throw invalidScope(scope);
  return resource;
}

// Claims of a v1 access token: learn.microsoft.com/entra/identity-platform/access-token-claims-reference
async function accessToken(
  directory: Directory,
  grant: { application: Application; resource: string; method: Method; now: Date },
): Promise<string> {
  const issued = epochSeconds(grant.now) - EARLY_SECONDS;
  const { tenantId, issuer, keyId } = directory;
  const { clientId, objectId } = grant.application;
  return new SignJWT({
    appid: clientId,
    appidacr: grant.method,
    idp: issuer,
    idtyp: 'app',
    oid: objectId,
    rh: '1.emulated.',
    tid: tenantId,
    uti: createHash('sha256').update(randomUUID()).digest('base64url').slice(0, 22),
    ver: '1.0',
  })
    .setProtectedHeader({ typ: 'JWT', alg: 'RS256', x5t: keyId, kid: keyId })
    .setAudience(grant.resource)
    .setIssuer(issuer)
    .setSubject(objectId)
    .setIssuedAt(issued)
    .setNotBefore(issued)
    .setExpirationTime(issued + EARLY_SECONDS + LIFETIME_SECONDS)
    .sign(directory.signingKey);
}

function requireParameter(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (!value) throw parameterMissing(name);
  return value;
}

function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
