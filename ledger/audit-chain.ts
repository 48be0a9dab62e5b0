import { createHmac, timingSafeEqual } from 'node:crypto';

/** One thing that was done, for whoever asks later. Names, versions and codes; never a value. */
export interface AuditEntry {
  readonly connector: string;
  /** The operation id of a write, or a cycle's id. */
  readonly correlationId: string;
  readonly action: string;
  readonly secretId?: number;
  readonly externalName?: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** An entry as it stands in the chain. */
export interface AuditRecord extends AuditEntry {
  readonly sequence: number;
  readonly at: Date;
  /** HMAC-SHA-256 over this entry and the mac before it, base64url. */
  readonly mac: string;
}

export interface AuditHead {
  readonly sequence: number;
  readonly mac: string;
}

/** The entry as the next record of the chain that ends with `head`. */
export function chained(auditKey: Buffer, head: AuditHead, entry: AuditEntry, at: Date): AuditRecord {
  const record = { ...entry, sequence: head.sequence + 1, at };
  return { ...record, mac: macOf(auditKey, record, head.mac) };
}

/** What is wrong with a record that follows `previous` in the chain, in one sentence; undefined when nothing is. */
export function flawOf(
  auditKey: Buffer,
  record: AuditRecord,
  previous: AuditHead,
  keptHead: AuditHead | undefined,
): string | undefined {
  if (record.sequence !== previous.sequence + 1) return 'An entry is missing.';
  const expected = macOf(auditKey, record, previous.mac);
  if (!sameText(expected, record.mac)) return 'The entry was changed, or one before it was exchanged.';
  if (keptHead?.sequence === record.sequence && !sameText(keptHead.mac, record.mac)) {
    return 'The entry is not the one of the kept head.';
  }
  return undefined;
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

function macOf(auditKey: Buffer, record: Omit<AuditRecord, 'mac'>, previousMac: string): string {
  const canonical = JSON.stringify([
    previousMac,
    record.connector,
    record.sequence,
    record.at.toISOString(),
    record.correlationId,
    record.action,
    record.secretId ?? null,
    record.externalName ?? null,
    // jsonb does not keep the order of members.
    Object.entries(record.details).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
  return createHmac('sha256', auditKey).update(canonical).digest('base64url');
}
