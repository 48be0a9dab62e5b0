import 'reflect-metadata'; // @peculiar/x509 needs it to be loaded first.
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const dayMs = 86_400_000;
const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
} as const;

/** A self-signed client certificate with its private key in one PEM text; `validDays` below 0 has ended already. */
export async function clientPem(options: { readonly validDays: number }): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=connector',
    notBefore: new Date(Date.now() - 100 * dayMs),
    notAfter: new Date(Date.now() + options.validDays * dayMs),
    signingAlgorithm: algorithm,
    keys,
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const lines = (pkcs8.match(/.{1,64}/g) ?? []).join('\n');
  return `${certificate.toString('pem')}\n-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`;
}
