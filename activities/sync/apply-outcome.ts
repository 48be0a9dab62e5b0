import type { SsakvError } from '../../domain/errors/ssakv-error';
import type { WriteResult } from '../../domain/write-protocol';
import type { PairOutcome, PairWrite } from './pair-write';

/** Without a word of the service: the first step of https://learn.microsoft.com/azure/key-vault/general/overview-throttling. */
const defaultThrottleDelayMs = 1_000;

/** What the end of a write means for the rest of the cycle. */
export function outcomeOf(write: PairWrite): PairOutcome {
  if (write.state.at !== 'done') throw new Error('A batch ends only when each of its writes is done.');
  return fromResult(write, write.state.result);
}

function fromResult(write: PairWrite, result: WriteResult): PairOutcome {
  switch (result.kind) {
    case 'written':
      return { kind: 'done' };
    case 'decideAgain':
      return { kind: 'again', delayMs: 0, code: 'ChangedSincePlan' };
    case 'refused':
      return refusal(write);
    case 'unsettled':
      return { kind: 'again', delayMs: 0, code: 'WriteUnsettled' };
    case 'busy':
      return { kind: 'again', delayMs: result.remainingMs, code: 'PairBusy' };
    case 'leaseExpired':
      return { kind: 'again', delayMs: 0, code: 'LeaseExpired' };
    case 'fenced':
      return { kind: 'again', delayMs: 0, code: 'PairTakenOver' };
  }
}

function refusal(write: PairWrite): PairOutcome {
  if (write.error === undefined) throw new Error('A refused write has a reason.');
  return outcomeOfError(write.error);
}

/** What a failure that concerns one pair means for the rest of the cycle. */
export function outcomeOfError(error: SsakvError): PairOutcome {
  if (error.code === 'KeyVaultThrottled') {
    return { kind: 'throttled', delayMs: error.retryAfterMs ?? defaultThrottleDelayMs };
  }
  if (!error.retryable) return { kind: 'decided', state: 'failed' };
  return { kind: 'again', delayMs: error.retryAfterMs ?? 0, code: error.code };
}
