import { createHash, X509Certificate } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { Application } from './directory';
import {
  assertionOutOfTime,
  type EntraError,
  invalidSignature,
  malformedAssertion,
  wrongAudience,
  wrongSubject,
} from './errors';

// learn.microsoft.com/entra/identity-platform/certificate-credentials
const ALGORITHMS = ['PS256', 'RS256'];
const CLOCK_TOLERANCE_SECONDS = 300;

/**
 * Checks a client assertion against the certificates registered for the app; throws an `EntraError`.
 *
 * @param audiences the URLs that the assertion may be for
 */
export async function requireAssertion(
  assertion: string,
  application: Application,
  audiences: string[],
  now: Date,
): Promise<void> {
  const { certificate, thumbprint } = registeredCertificate(assertion, application);
  if (!certificate) throw invalidSignature('The key was not found.', thumbprint, application.clientId);
  try {
    await jwtVerify(assertion, certificate.publicKey, {
      algorithms: ALGORITHMS,
      audience: audiences,
      issuer: application.clientId,
      subject: application.clientId,
      currentDate: now,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['exp'],
    });
  } catch (error) {
    throw refusal(error, assertion, { application, thumbprint, now });
  }
}

/** Finds the certificate by the thumbprint in the assertion's header: SHA-256 (`x5t#S256`) or SHA-1 (`x5t`). */
function registeredCertificate(assertion: string, application: Application) {
  const header = readHeader(assertion);
  const sha256 = header['x5t#S256'];
  const wanted = sha256 ?? header.x5t;
  if (typeof wanted !== 'string')
    throw malformedAssertion('No certificate thumbprint specified in token header.');
  const digest = sha256 === undefined ? 'sha1' : 'sha256';
  const certificate = application.certificates
    .map((pem) => new X509Certificate(pem))
    .find((candidate) => createHash(digest).update(candidate.raw).digest('base64url') === wanted);
  return { certificate, thumbprint: Buffer.from(wanted, 'base64url').toString('hex').toUpperCase() };
}

function readHeader(assertion: string): Record<string, unknown> {
  try {
    return { ...decodeProtectedHeader(assertion) };
  } catch {
    throw malformedAssertion('The token could not be read.');
  }
}

function refusal(
  error: unknown,
  assertion: string,
  context: { application: Application; thumbprint: string; now: Date },
): EntraError {
  const { application, thumbprint, now } = context;
  const claim = error instanceof errors.JWTClaimValidationFailed ? error.claim : undefined;
  if (error instanceof errors.JWTExpired || claim === 'nbf') {
    const { nbf, exp } = decodeJwt(assertion);
    return assertionOutOfTime(now, isoOf(nbf), isoOf(exp));
  }
  if (claim === 'aud') return wrongAudience();
  if (claim === 'iss' || claim === 'sub') return wrongSubject();
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return invalidSignature(
      'Key was found, but use of the key to verify the signature failed.',
      thumbprint,
      application.clientId,
    );
  }
  return malformedAssertion('The token could not be validated.');
}

function isoOf(seconds: number | undefined): string {
  return seconds === undefined ? 'unknown' : new Date(seconds * 1000).toISOString();
}
