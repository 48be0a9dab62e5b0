import { SsakvError } from '../../domain/errors/ssakv-error';
import { observe, type WriteOutcome, type WriteResult } from '../../domain/write-protocol';
import type { AuditEntry } from '../../ledger/audit';
import { closeIntents, openIntents, takeOverIntents, type IntentOutcome } from '../../ledger/intents';
import type { PairBase } from '../../ledger/pairs';
import type { ApplyContext, PairWrite } from './pair-write';

/** Takes the leases of a batch and commits its intents, in one transaction. */
export async function openIntentsOf(context: ApplyContext, writes: readonly PairWrite[]): Promise<void> {
  if (writes.length === 0) return;
  const { db, timings } = context.services;
  const asked = performance.now();
  const answers = await openIntents(
    db,
    {
      owner: context.owner,
      leaseMs: timings.pairLeaseMs,
      settleMs: timings.settleMs,
      cycleId: context.cycleId,
    },
    writes.map((write) => intentRequest(write)),
  );
  for (const [index, write] of writes.entries()) {
    const answer = answers[index];
    if (answer === undefined) throw new Error('The ledger answers once for each intent.');
    switch (answer.kind) {
      case 'opened':
        write.epoch = answer.epoch;
        write.leasedUntil = asked + timings.pairLeaseMs;
        write.state = observe(write.state, { saw: 'intentOpened' });
        break;
      case 'leased':
        write.state = observe(write.state, { saw: 'leased', remainingMs: answer.remainingMs });
        break;
      case 'intentOpen':
        write.state = observe(write.state, {
          saw: 'openIntent',
          operationId: answer.intent.operationId,
          remainingSettleMs: answer.intent.remainingSettleMs,
        });
        break;
    }
  }
}

/** Takes the leases of pairs whose intent an earlier attempt left open, in one transaction. */
export async function takeOverIntentsOf(context: ApplyContext, writes: readonly PairWrite[]): Promise<void> {
  if (writes.length === 0) return;
  const { db, timings } = context.services;
  const asked = performance.now();
  const answers = await takeOverIntents(
    db,
    { owner: context.owner, leaseMs: timings.pairLeaseMs },
    writes.map((write) => write.planned.pair.id),
  );
  for (const [index, write] of writes.entries()) {
    const answer = answers[index];
    if (answer === undefined) throw new Error('The ledger answers once for each pair.');
    switch (answer.kind) {
      case 'taken':
        write.epoch = answer.epoch;
        write.leasedUntil = asked + timings.pairLeaseMs;
        write.openIntent = answer.intent;
        write.operationId = answer.intent.operationId;
        write.state = observe(write.state, {
          saw: 'openIntent',
          operationId: answer.intent.operationId,
          remainingSettleMs: 0,
        });
        break;
      case 'settling':
        write.state = observe(write.state, {
          saw: 'openIntent',
          operationId: write.operationId,
          remainingSettleMs: answer.remainingMs,
        });
        break;
      case 'leased':
        write.state = observe(write.state, { saw: 'leased', remainingMs: answer.remainingMs });
        break;
      case 'none':
        write.state = observe(write.state, { saw: 'nothingToSettle' });
        break;
    }
  }
}

/** Base, counter, audit, decision row and the intent's end for a batch, in one transaction. */
export async function recordOutcomesOf(context: ApplyContext, writes: readonly PairWrite[]): Promise<void> {
  if (writes.length === 0) return;
  const recording = writes.flatMap((write) =>
    write.state.at === 'record' ? [{ write, state: write.state }] : [],
  );
  const answers = await closeIntents(
    context.services.db,
    context.services.keys.audit,
    recording.map(({ write, state }) => intentOutcome(context, write, state.outcome, state.result)),
    recording.flatMap(({ write, state }) => auditEntries(context, write, state.outcome)),
  );
  for (const [index, { write }] of recording.entries()) {
    const fenced = answers[index]?.kind !== 'recorded';
    write.state = observe(write.state, { saw: fenced ? 'fenced' : 'recorded' });
  }
}

function intentRequest(write: PairWrite) {
  const { intended, planned } = write;
  if (intended === undefined) throw new Error('Only a write that carries a value opens an intent.');
  return {
    pairId: planned.pair.id,
    operationId: write.operationId,
    expectedVersion: planned.decision.keyVaultVersion,
    intendedFingerprints: intended.fingerprints,
    intendedSyncVersion: intended.syncVersion,
    sourceStamp: intended.sourceStamp,
  };
}

function intentOutcome(
  context: ApplyContext,
  write: PairWrite,
  outcome: WriteOutcome,
  result: WriteResult,
): IntentOutcome {
  const common = {
    pairId: write.planned.pair.id,
    operationId: write.operationId,
    epoch: write.epoch,
    cycleId: context.cycleId,
  };
  if (outcome.kind === 'landed') {
    return { ...common, kind: 'landed', decisionState: 'done', ...landedBase(write, outcome) };
  }
  const failed = result.kind === 'refused' && write.error !== undefined && !write.error.retryable;
  return {
    ...common,
    kind: 'notLanded',
    decisionState: failed ? 'failed' : 'planned',
    code: write.error?.code,
    detail: write.error?.detail,
  };
}

function landedBase(
  write: PairWrite,
  outcome: Extract<WriteOutcome, { kind: 'landed' }>,
): { base: PairBase; syncVersion: number } {
  const { written, intended, openIntent } = write;
  if (written === undefined)
    throw new SsakvError('UndecidedState', { detail: 'A landed write has no version.' });
  const fingerprints = intended?.fingerprints ?? openIntent?.intendedFingerprints;
  const sourceStamp = intended?.sourceStamp ?? openIntent?.sourceStamp;
  const syncVersion = intended?.syncVersion ?? openIntent?.intendedSyncVersion;
  if (fingerprints === undefined || sourceStamp === undefined || syncVersion === undefined) {
    throw new SsakvError('UndecidedState', { detail: 'A landed write has no intended values.' });
  }
  const base: PairBase = {
    keyVaultVersion: outcome.version,
    keyVaultUpdatedSeconds: written.updatedSeconds,
    settled: outcome.looked && outcome.lostRaces.length === 0,
    fingerprints,
    tags: { ...written.tags },
    sourceStamp,
  };
  return { base, syncVersion };
}

function auditEntries(context: ApplyContext, write: PairWrite, outcome: WriteOutcome): readonly AuditEntry[] {
  const { pair, decision } = write.planned;
  const common = {
    connector: pair.connector,
    correlationId: write.operationId,
    secretId: pair.secretId,
    externalName: pair.externalName,
  };
  if (outcome.kind === 'notLanded') {
    if (write.openIntent === undefined && write.error === undefined) return [];
    const code = write.error?.code ?? 'NotLanded';
    return [{ ...common, action: 'externalSecret.notWritten', details: { cycleId: context.cycleId, code } }];
  }
  const action = decision.decision === 'create' ? 'externalSecret.created' : 'externalSecret.written';
  const details = { cycleId: context.cycleId, version: outcome.version, epoch: write.epoch };
  const written = { ...common, action, details };
  const lost = outcome.lostRaces.map((version) => ({
    ...common,
    action: 'externalSecret.lostRace',
    details: { cycleId: context.cycleId, version, overwrittenBy: outcome.version },
  }));
  return [written, ...lost];
}
