import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { CredentialReference } from '../domain/connectors';
import { SsakvError } from '../domain/errors/ssakv-error';

/** What a reference yields. Keep it out of logs, errors and everything that is stored. */
export type ResolvedCredential =
  | { readonly kind: 'text'; readonly text: string }
  /** A PEM file with certificate and key. Entra's library reads it at each sign-in, so a renewed file is used. */
  | { readonly kind: 'pemFile'; readonly path: string }
  | { readonly kind: 'managedIdentity'; readonly clientId?: string }
  | { readonly kind: 'workloadIdentity' };

export interface CredentialContext {
  /** Relative paths start here. */
  readonly baseDirectory: string;
  /** Reads the one password field of a secret; undefined where Secret Server itself is being opened. */
  readonly readSecretServerSecret?: (secretId: number) => Promise<string>;
}

/**
 * Reads a credential from where its reference points.
 *
 * Errors: `CredentialFileUnreadable`, `CredentialVariableMissing`, `CredentialEmpty`,
 * `CredentialCertificateUnusable`, `CredentialNotUsable`. Source: docs/configuration.md#credentials.
 */
export async function resolveCredential(
  reference: CredentialReference,
  context: CredentialContext,
): Promise<ResolvedCredential> {
  switch (reference.kind) {
    case 'file':
      return text(await readCredentialFile(path.resolve(context.baseDirectory, reference.path)));
    case 'env':
      return text(readVariable(reference.name));
    case 'certificate':
      return pemFile(path.resolve(context.baseDirectory, reference.path));
    case 'managedIdentity':
      return reference.clientId === undefined
        ? { kind: 'managedIdentity' }
        : { kind: 'managedIdentity', clientId: reference.clientId };
    case 'workloadIdentity':
      return { kind: 'workloadIdentity' };
    case 'secretServerSecret':
      if (context.readSecretServerSecret === undefined) {
        throw new SsakvError('CredentialNotUsable', {
          detail: 'The credential of Secret Server cannot be kept in Secret Server.',
        });
      }
      return text(await context.readSecretServerSecret(reference.secretId));
  }
}

/** Editors end files with a line feed that is no part of the credential. */
function text(raw: string): ResolvedCredential {
  const trimmed = raw.replace(/[\r\n]+$/, '');
  if (trimmed === '') throw new SsakvError('CredentialEmpty');
  return { kind: 'text', text: trimmed };
}

function readVariable(name: string): string {
  const value = process.env[name];
  if (value === undefined)
    throw new SsakvError('CredentialVariableMissing', { detail: `The variable is ${name}.` });
  return value;
}

async function readCredentialFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new SsakvError('CredentialFileUnreadable', { detail: `The file is ${file}.` });
  }
}

async function pemFile(file: string): Promise<ResolvedCredential> {
  requireSigningPem(await readCredentialFile(file), `The file is ${file}.`);
  return { kind: 'pemFile', path: file };
}

/**
 * The certificate of a PEM text that also holds its private key. Error: `CredentialCertificateUnusable`.
 *
 * Checked here because Entra's library reports a wrong file only at the first sign-in, and without its name.
 */
export function requireSigningPem(pem: string, where: string): X509Certificate {
  try {
    const certificate = new X509Certificate(pem);
    if (certificate.checkPrivateKey(createPrivateKey(pem))) return certificate;
  } catch {
    // Neither the text nor OpenSSL's message may be shown: the file holds a private key.
  }
  throw new SsakvError('CredentialCertificateUnusable', { detail: where });
}
