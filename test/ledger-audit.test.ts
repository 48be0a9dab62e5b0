import { sql } from 'kysely';
import { appendAudit, auditHead, exportAudit, verifyAudit, type AuditEntry } from '../ledger/audit';
import { auditKey, newConnector } from './support/ledger-world';
import { startLedger, type TestLedger } from './support/ledger';

let ledger: TestLedger;
beforeAll(async () => (ledger = await startLedger()));
afterAll(async () => await ledger.close());

describe('the audit chain', () => {
  it('gives back what was appended, in order, and is intact', async () => {
    const connector = await newConnector(ledger.db);
    expect(await auditHead(ledger.db, connector)).toBeUndefined();
    const entries = [
      entry(connector, 1),
      {
        connector,
        correlationId: 'cycle',
        action: 'cycle.closed',
        details: { z: 1, a: true, m: 'naïve \0' },
      },
    ];

    await appendAudit(ledger.db, auditKey, entries);

    const exported = await exportAudit(ledger.db, connector, 0, 10);
    expect(exported).toMatchObject([
      { ...entries[0], sequence: 1 },
      { sequence: 2, action: 'cycle.closed', details: { z: 1, a: true, m: 'naïve \ufffd' } },
    ]);
    expect(await auditHead(ledger.db, connector)).toEqual({ sequence: 2, mac: exported[1]?.mac });
    expect(await verifyAudit(ledger.db, auditKey, connector)).toEqual({ kind: 'intact', entries: 2 });
    expect(await exportAudit(ledger.db, connector, 1, 10)).toEqual(exported.slice(1));
  });

  it('has no gap and no fork when many append at once', async () => {
    const connector = await newConnector(ledger.db);
    const other = await newConnector(ledger.db);

    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const both = [entry(connector, index), entry(other, index), entry(connector, index + 100)];
        await appendAudit(ledger.db, auditKey, index % 2 === 0 ? both : both.toReversed());
      }),
    );

    expect(await verifyAudit(ledger.db, auditKey, connector)).toEqual({ kind: 'intact', entries: 40 });
    expect(await verifyAudit(ledger.db, auditKey, other)).toEqual({ kind: 'intact', entries: 20 });
  });

  it('longer than a page of the verification is read to its end', async () => {
    const connector = await newConnector(ledger.db);
    await appendAudit(
      ledger.db,
      auditKey,
      Array.from({ length: 2_500 }, (_, index) => entry(connector, index)),
    );

    expect(await verifyAudit(ledger.db, auditKey, connector)).toEqual({ kind: 'intact', entries: 2_500 });
    await sql`update audit set action = 'x' where connector = ${connector} and sequence = 2400`.execute(
      ledger.db,
    );
    expect(await verifyAudit(ledger.db, auditKey, connector)).toMatchObject({
      kind: 'broken',
      sequence: 2_400,
    });
  });

  it('is part of the transaction it is appended in', async () => {
    const connector = await newConnector(ledger.db);

    const failing = ledger.db.transaction().execute(async (trx) => {
      await appendAudit(trx, auditKey, [entry(connector, 1)]);
      throw new Error('rolled back');
    });

    await expect(failing).rejects.toThrow('rolled back');
    expect(await auditHead(ledger.db, connector)).toBeUndefined();
  });

  it('verifies under its own key only', async () => {
    const connector = await chainOf(2);

    expect(await verifyAudit(ledger.db, Buffer.alloc(32, 8), connector)).toMatchObject({
      kind: 'broken',
      sequence: 1,
    });
  });
});

describe('tampering with the audit is found', () => {
  it.each([
    ['a text was changed', `update audit set action = 'something.else' where sequence = 2`, 2],
    ['details were changed', `update audit set details = details || '{"n": 9}' where sequence = 3`, 3],
    ['the time was changed', `update audit set at = at + interval '1 millisecond' where sequence = 2`, 2],
    ['the secret was changed', `update audit set secret_id = 99 where sequence = 1`, 1],
    ['an entry was deleted', `delete from audit where sequence = 2`, 2],
    ['the first entry was deleted', `delete from audit where sequence = 1`, 1],
    ['the last entry was deleted', `delete from audit where sequence = 4`, 4],
    ['all entries were deleted', `delete from audit where true`, 1],
    ['the head was deleted', `delete from audit_head where true`, 1],
    [
      'two entries were exchanged',
      `update audit set sequence = case sequence when 2 then -3 else -2 end where sequence in (2, 3);
       update audit set sequence = -sequence where sequence < 0`,
      2,
    ],
    [
      'an entry was copied over another with its mac',
      `update audit a set details = b.details, secret_id = b.secret_id, correlation_id = b.correlation_id, mac = b.mac
       from audit b where a.connector = b.connector and a.sequence = 3 and b.sequence = 2`,
      3,
    ],
  ])('when %s', async (_, statement, sequence) => {
    const connector = await chainOf(4);

    await onlyIn(connector, statement);

    expect(await verifyAudit(ledger.db, auditKey, connector)).toMatchObject({ kind: 'broken', sequence });
  });

  it('when the end was cut off together with the head, by a head that was kept elsewhere', async () => {
    const connector = await chainOf(4);
    const kept = await auditHead(ledger.db, connector);
    await onlyIn(connector, 'delete from audit where sequence > 2');
    await sql`
      update audit_head set sequence = 2, mac = (select mac from audit where connector = ${connector} and sequence = 2)
      where connector = ${connector}`.execute(ledger.db);

    expect(await verifyAudit(ledger.db, auditKey, connector)).toEqual({ kind: 'intact', entries: 2 });
    expect(await verifyAudit(ledger.db, auditKey, connector, kept)).toMatchObject({
      kind: 'broken',
      sequence: 3,
    });
    await appendAudit(ledger.db, auditKey, [entry(connector, 3), entry(connector, 4), entry(connector, 5)]);
    expect(await verifyAudit(ledger.db, auditKey, connector)).toEqual({ kind: 'intact', entries: 5 });
    expect(await verifyAudit(ledger.db, auditKey, connector, kept)).toMatchObject({
      kind: 'broken',
      sequence: 4,
    });
  });

  it('when an entry of another continuation of the same chain was put in', async () => {
    const connector = await chainOf(2);
    await appendAudit(ledger.db, auditKey, [entry(connector, 3)]);
    const [other] = await exportAudit(ledger.db, connector, 2, 1);
    await onlyIn(connector, 'delete from audit where sequence = 3');
    await sql`
      update audit_head set sequence = 2, mac = (select mac from audit where connector = ${connector} and sequence = 2)
      where connector = ${connector}`.execute(ledger.db);
    await appendAudit(ledger.db, auditKey, [entry(connector, 33), entry(connector, 4)]);
    await sql`
      update audit set at = ${other?.at}, correlation_id = ${other?.correlationId}, secret_id = ${other?.secretId},
             external_name = ${other?.externalName}, details = ${JSON.stringify(other?.details)}, mac = ${other?.mac}
      where connector = ${connector} and sequence = 3`.execute(ledger.db);

    expect(await verifyAudit(ledger.db, auditKey, connector)).toMatchObject({ kind: 'broken', sequence: 4 });
  });

  it('and told in words', async () => {
    const connector = await chainOf(3);
    await onlyIn(connector, 'delete from audit where sequence = 2');

    expect(await verifyAudit(ledger.db, auditKey, connector)).toMatchObject({ why: 'An entry is missing.' });
  });
});

async function chainOf(length: number): Promise<string> {
  const connector = await newConnector(ledger.db);
  for (let index = 1; index <= length; index += 1)
    await appendAudit(ledger.db, auditKey, [entry(connector, index)]);
  return connector;
}

/** Runs the statements of a tamperer on one connector's rows. */
async function onlyIn(connector: string, statements: string): Promise<void> {
  for (const statement of statements.split(';')) {
    const narrowed = statement.replace(
      'where',
      `where ${/audit a /.test(statement) ? 'a.' : ''}connector = '${connector}' and`,
    );
    const { numAffectedRows } = await sql.raw(narrowed).execute(ledger.db);
    expect(numAffectedRows).toBeGreaterThan(0n);
  }
}

function entry(connector: string, number: number): AuditEntry {
  return {
    connector,
    correlationId: `operation ${number}`,
    action: 'externalSecret.written',
    secretId: number,
    externalName: `name-${number}`,
    details: { n: number, version: `v${number}` },
  };
}
