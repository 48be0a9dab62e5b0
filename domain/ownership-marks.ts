import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a mark binds: a forged or copied tag fails to verify because one of these differs. */
export interface MarkSubject {
  /** Vault host, lower case, with the port unless it is 443. */
  readonly vaultHost: string;
  readonly externalName: string;
  readonly secretId: number;
  readonly connector: string;
}

export interface OwnershipMark {
  readonly operationId: string;
  readonly installationId: string;
  readonly epoch: number;
}

export type MarkReading =
  | { readonly kind: 'absent' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'foreignInstallation'; readonly installationId: string }
  | { readonly kind: 'forged' }
  | { readonly kind: 'ours'; readonly mark: OwnershipMark };

const pattern = /^v1\.([0-9a-f-]{36})\.([A-Za-z0-9-]{1,36})\.(\d{1,12})\.([A-Za-z0-9_-]{43})$/;

/** The text of the tag `ss-operation-id`: `v1.<operation id>.<installation id>.<epoch>.<MAC>`, under 256 characters. */
export function writeMark(markKey: Buffer, subject: MarkSubject, mark: OwnershipMark): string {
  return `v1.${mark.operationId}.${mark.installationId}.${mark.epoch}.${mac(markKey, subject, mark)}`;
}

/** Reads a mark back. Tags are forgeable, so only the MAC decides whether an object is ours. */
export function readMark(
  markKey: Buffer,
  subject: MarkSubject,
  installationId: string,
  tag: string | undefined,
): MarkReading {
  if (tag === undefined) return { kind: 'absent' };
  const parts = pattern.exec(tag);
  if (parts === null) return { kind: 'malformed' };
  const [, operationId = '', installation = '', epoch = '', found = ''] = parts;
  if (installation !== installationId) return { kind: 'foreignInstallation', installationId: installation };
  const mark: OwnershipMark = { operationId, installationId: installation, epoch: Number(epoch) };
  const expected = mac(markKey, subject, mark);
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(found))) return { kind: 'forged' };
  return { kind: 'ours', mark };
}

function mac(markKey: Buffer, subject: MarkSubject, mark: OwnershipMark): string {
  const bound = [
    subject.vaultHost,
    subject.externalName.toLowerCase(),
    subject.secretId,
    subject.connector,
    mark.operationId,
    mark.installationId,
    mark.epoch,
  ];
  return createHmac('sha256', markKey).update(JSON.stringify(bound)).digest('base64url');
}
