import { sql } from 'kysely';
import { chained, flawOf, type AuditEntry, type AuditHead, type AuditRecord } from './audit-chain';
import { toJson } from './json';
import type { LedgerDatabase, LedgerTransaction } from './schema';

export type { AuditEntry, AuditHead, AuditRecord } from './audit-chain';

export type AuditVerification =
  | { readonly kind: 'intact'; readonly entries: number }
  | { readonly kind: 'broken'; readonly sequence: number; readonly why: string };

/** Rows read at once while the chain is verified. */
const verificationPage = 1_000;

/**
 * Appends entries to the chains of their connectors. Sequence and mac are made while the chain's head is locked, so the chain
 * has no fork. Inside a transaction it becomes part of it.
 */
export async function appendAudit(
  db: LedgerDatabase | LedgerTransaction,
  auditKey: Buffer,
  entries: readonly AuditEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  if (!db.isTransaction) {
    await db.transaction().execute(async (trx) => await appendAudit(trx, auditKey, entries));
    return;
  }
  const chains = [...Map.groupBy(entries, ({ connector }) => connector)].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [connector, ofConnector] of chains) await appendToChain(db, auditKey, connector, ofConnector);
}

/** The newest entry's number and mac, or undefined while the chain is empty. Kept elsewhere, it proves the chain's length. */
export async function auditHead(db: LedgerDatabase, connector: string): Promise<AuditHead | undefined> {
  const head = await db
    .selectFrom('audit_head')
    .selectAll()
    .where('connector', '=', connector)
    .executeTakeFirst();
  if (head === undefined || Number(head.sequence) === 0) return undefined;
  return { sequence: Number(head.sequence), mac: head.mac };
}

/**
 * Recomputes the whole chain in pages and compares it with its head, and with a head that was kept outside the ledger if one is
 * given: without it a chain that was cut back together with its head cannot be told from a younger one.
 */
export async function verifyAudit(
  db: LedgerDatabase,
  auditKey: Buffer,
  connector: string,
  keptHead?: AuditHead,
): Promise<AuditVerification> {
  const head = await auditHead(db, connector);
  let last: AuditHead = { sequence: 0, mac: '' };
  for (;;) {
    const page = await exportAudit(db, connector, last.sequence, verificationPage);
    for (const record of page) {
      const flaw = flawOf(auditKey, record, last, keptHead);
      if (flaw !== undefined) return { kind: 'broken', sequence: last.sequence + 1, why: flaw };
      last = record;
    }
    if (page.length < verificationPage) break;
  }
  // Entries appended while the pages were read stand after the head that was read first.
  if (last.sequence < (head?.sequence ?? 0)) {
    return {
      kind: 'broken',
      sequence: last.sequence + 1,
      why: 'Entries at the end of the chain are missing.',
    };
  }
  if (last.sequence > 0 && head === undefined) {
    return { kind: 'broken', sequence: 1, why: 'The head of the chain is missing.' };
  }
  if (last.sequence < (keptHead?.sequence ?? 0)) {
    return {
      kind: 'broken',
      sequence: last.sequence + 1,
      why: 'The chain is shorter than the kept head says.',
    };
  }
  return { kind: 'intact', entries: last.sequence };
}

/** Entries by sequence after `afterSequence`. */
export async function exportAudit(
  db: LedgerDatabase,
  connector: string,
  afterSequence: number,
  limit: number,
): Promise<readonly AuditRecord[]> {
  const { rows } = await sql<AuditRow>`
    select connector, sequence, at, correlation_id, action, secret_id, external_name, details, mac
    from audit where connector = ${connector} and sequence > ${afterSequence}
    order by sequence limit ${limit}`.execute(db);
  return rows.map((row) => ({
    connector: row.connector,
    sequence: Number(row.sequence),
    at: row.at,
    correlationId: row.correlation_id,
    action: row.action,
    ...(row.secret_id === null ? {} : { secretId: row.secret_id }),
    ...(row.external_name === null ? {} : { externalName: row.external_name }),
    details: row.details,
    mac: row.mac,
  }));
}

interface AuditRow {
  connector: string;
  sequence: string;
  at: Date;
  correlation_id: string;
  action: string;
  secret_id: number | null;
  external_name: string | null;
  details: Record<string, string | number | boolean>;
  mac: string;
}

async function appendToChain(
  trx: LedgerTransaction | LedgerDatabase,
  auditKey: Buffer,
  connector: string,
  entries: readonly AuditEntry[],
): Promise<void> {
  const locked = await lockHead(trx, connector);
  // Milliseconds, because that is what comes back from the driver when the mac is checked.
  const { rows } = await sql<{
    at: Date;
  }>`select date_trunc('milliseconds', clock_timestamp()) as at`.execute(trx);
  const at = rows[0]?.at ?? new Date();
  let head: AuditHead = { sequence: Number(locked.sequence), mac: locked.mac };
  const records = entries.map((entry) => {
    const record = chained(auditKey, head, asStored(entry), at);
    head = record;
    return record;
  });
  await sql`
    with moved as (
      update audit_head set sequence = ${head.sequence}, mac = ${head.mac} where connector = ${connector}
    )
    insert into audit (connector, sequence, at, correlation_id, action, secret_id, external_name, details, mac)
    select connector, sequence, at, "correlationId", action, "secretId", "externalName", details, mac
    from jsonb_to_recordset(${toJson(records)}::jsonb) as a(
      connector text, sequence bigint, at timestamptz, "correlationId" text, action text, "secretId" integer,
      "externalName" text, details jsonb, mac text)`.execute(trx);
}

async function lockHead(trx: LedgerTransaction | LedgerDatabase, connector: string) {
  const head = trx
    .selectFrom('audit_head')
    .select(['sequence', 'mac'])
    .where('connector', '=', connector)
    .forUpdate();
  const present = await head.executeTakeFirst();
  if (present !== undefined) return present;
  await sql`
    insert into audit_head (connector, sequence, mac) values (${connector}, 0, '') on conflict do nothing`.execute(
    trx,
  );
  return await head.executeTakeFirstOrThrow();
}

/** The entry as the database will give it back: characters that jsonb refuses are already replaced. */
function asStored(entry: AuditEntry): AuditEntry {
  const stored: AuditEntry = JSON.parse(toJson(entry));
  return stored;
}
