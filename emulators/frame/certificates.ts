import 'reflect-metadata'; // @peculiar/x509 needs it to be loaded first.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
// Entra takes RSA certificates only; client assertions are signed PS256 or RS256.
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
} as const;
const DAY_MS = 86_400_000;
const YEARS_10_MS = 3650 * DAY_MS;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/** Host names that the one server certificate is for. */
const SERVER_NAMES = [
  'localhost',
  'vault.localhost',
  '*.vault.localhost',
  '*.vault.azure.net',
  'login.localhost',
  'login.microsoftonline.com',
];

interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

/** Server key and certificate in PEM, and the file of the authority that signed it. */
export interface ServerIdentity {
  readonly key: string;
  readonly cert: string;
  readonly caFile: string;
}

/**
 * Makes a certificate authority in `dataDirectory` once (`ca.pem`, `ca-key.pem`) and a fresh server certificate at
 * each start, so that clients trust the same `ca.pem` for as long as the folder lives.
 */
export async function serverIdentity(dataDirectory: string): Promise<ServerIdentity> {
  const caFile = path.join(dataDirectory, 'ca.pem');
  const authority = await readOrMakeAuthority(caFile, path.join(dataDirectory, 'ca-key.pem'));
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: 'CN=localhost',
    issuer: authority.certificate.subject,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 397 * DAY_MS),
    signingAlgorithm: EC,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        ...SERVER_NAMES.map((value) => ({ type: 'dns' as const, value })),
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
      new x509.BasicConstraintsExtension(false),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTH]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  });
  return { key: await privateKeyPem(keys.privateKey), cert: certificate.toString('pem'), caFile };
}

/**
 * The client certificate of the registered app, made once: a PEM file with certificate and private key, as
 * `ClientCertificateCredential` of the Azure SDKs reads it. Returns the file's path.
 */
export async function clientCertificateFile(dataDirectory: string): Promise<string> {
  const file = path.join(dataDirectory, 'client-certificate.pem');
  if (existsSync(file)) return file;
  const keys = await webcrypto.subtle.generateKey(RSA, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=ssakv emulated app',
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + YEARS_10_MS),
    signingAlgorithm: RSA,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([CLIENT_AUTH]),
    ],
  });
  writePrivately(file, `${certificate.toString('pem')}\n${await privateKeyPem(keys.privateKey)}`);
  return file;
}

async function readOrMakeAuthority(certificateFile: string, keyFile: string): Promise<Authority> {
  if (existsSync(certificateFile) && existsSync(keyFile)) {
    const der = x509.PemConverter.decodeFirst(readFileSync(keyFile, 'utf8'));
    const key = await webcrypto.subtle.importKey('pkcs8', der, EC, false, ['sign']);
    return { certificate: new x509.X509Certificate(readFileSync(certificateFile, 'utf8')), key };
  }
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=ssakv emulators',
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + YEARS_10_MS),
    signingAlgorithm: EC,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  writePrivately(keyFile, await privateKeyPem(keys.privateKey));
  writeFileSync(certificateFile, `${certificate.toString('pem')}\n`);
  return { certificate, key: keys.privateKey };
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

function writePrivately(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
}
