import { withCorrelationId } from '../../adapters/http/correlation';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { effectOf, observe, type WriteObservation, type WriteState } from '../../domain/write-protocol';
import type { ApplyContext, PairWrite } from './pair-write';
import { checkNewest, findOperation, lookAtVersions, put } from './write-external-secret';
import { openIntentsOf, recordOutcomesOf, takeOverIntentsOf } from './write-ledger';

/**
 * First half of the write protocol for one batch: lease and intent, check, PUT. Outside calls run side by side; what
 * goes to the ledger waits until all are there and goes in one transaction.
 */
export async function sendBatch(context: ApplyContext, writes: readonly PairWrite[]): Promise<void> {
  await advance(context, writes, (state) => state.at === 'look');
}

/** Second half: look, record. Runs beside the first half of the next batch. */
export async function finishBatch(context: ApplyContext, writes: readonly PairWrite[]): Promise<void> {
  await advance(context, writes, () => false);
}

async function advance(
  context: ApplyContext,
  writes: readonly PairWrite[],
  rests: (state: WriteState) => boolean,
): Promise<void> {
  const isMoving = ({ state }: PairWrite): boolean => state.at !== 'done' && !rests(state);
  for (let moving = writes.filter(isMoving); moving.length > 0; moving = moving.filter(isMoving)) {
    await Promise.all(moving.map((write) => runOutside(context, write, rests)));
    await openIntentsOf(
      context,
      moving.filter((write) => write.state.at === 'open'),
    );
    await takeOverIntentsOf(
      context,
      moving.filter((write) => write.state.at === 'takeOver'),
    );
    await recordOutcomesOf(
      context,
      moving.filter((write) => write.state.at === 'record'),
    );
  }
}

/** Follows one pair until it needs the ledger. Its calls carry the operation id as their correlation id. */
async function runOutside(
  context: ApplyContext,
  write: PairWrite,
  rests: (state: WriteState) => boolean,
): Promise<void> {
  await withCorrelationId(write.operationId, async () => {
    while (!rests(write.state)) {
      const observation = await observeOutside(context, write);
      if (observation === undefined) return;
      write.state = observe(write.state, observation);
    }
  });
}

async function observeOutside(
  context: ApplyContext,
  write: PairWrite,
): Promise<WriteObservation | undefined> {
  switch (effectOf(write.state).do) {
    case 'readNewest':
      return orElse(write, () => checkNewest(context, write), { saw: 'refused' });
    case 'put':
      return put(context, write);
    case 'readVersions':
      return lookAtVersions(context, write);
    case 'findOperation':
      // While nobody can tell whether the earlier PUT landed, its intent stays open.
      return orElse(write, () => findOperation(context, write), {
        saw: 'operationUnknown',
        remainingMs: context.services.timings.requestTimeoutMs,
      });
    case 'openIntent':
    case 'takeOverIntent':
    case 'record':
    case 'stop':
      return undefined;
  }
}

/** A read that fails before anything was written is an observation too; its reason stays with the write. */
async function orElse(
  write: PairWrite,
  read: () => Promise<WriteObservation>,
  failed: WriteObservation,
): Promise<WriteObservation> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof SsakvError)) throw error;
    write.error = error;
    return failed;
  }
}
