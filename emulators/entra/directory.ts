import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  randomUUID,
  X509Certificate,
} from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';

/** An app registration with its service principal. Certificates are PEM texts without keys. */
export interface Application {
  readonly clientId: string;
  readonly objectId: string;
  readonly secrets: string[];
  readonly certificates: string[];
}

/** One tenant: its id, its signing key and its apps, as JSON data. */
export interface DirectoryState {
  readonly tenantId: string;
  readonly signingKey: JsonWebKey;
  readonly applications: Application[];
}

/** A new tenant with one registered app. */
export function newDirectory(): DirectoryState {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const application: Application = {
    clientId: randomUUID(),
    objectId: randomUUID(),
    // Entra's generated secrets are 40 characters with a `~` in them; the exact form is not documented.
    secrets: [`ssa8Q~${randomBytes(26).toString('base64url').slice(0, 34)}`],
    certificates: [],
  };
  return {
    tenantId: randomUUID(),
    signingKey: privateKey.export({ format: 'jwk' }),
    applications: [application],
  };
}

/** The directory with its keys made ready. */
export class Directory {
  readonly signingKey: KeyObject;
  readonly verifyingKey: KeyObject;
  readonly keyId: string;

  constructor(readonly state: DirectoryState) {
    this.signingKey = createPrivateKey({ key: state.signingKey, format: 'jwk' });
    this.verifyingKey = createPublicKey(this.signingKey);
    this.keyId = (state.signingKey.n ?? '').slice(0, 27);
  }

  get tenantId(): string {
    return this.state.tenantId;
  }

  /** Issuer of v1 access tokens, which Key Vault asks for. */
  get issuer(): string {
    return `https://sts.windows.net/${this.tenantId}/`;
  }

  /** The app that a new installation has. */
  get firstApplication(): Application {
    const [first] = this.state.applications;
    if (!first) throw new Error('The directory has no application');
    return first;
  }

  application(clientId: string): Application | undefined {
    return this.state.applications.find((candidate) => candidate.clientId === clientId.toLowerCase());
  }

  /** Registers the first certificate of a PEM text for an app, once. */
  registerCertificate(application: Application, pem: string): void {
    const certificate = new X509Certificate(pem).toString();
    if (!application.certificates.includes(certificate)) application.certificates.push(certificate);
  }
}
