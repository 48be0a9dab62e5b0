import { outcomeOf, outcomeOfError } from '../activities/sync/apply-outcome';
import type { PairWrite } from '../activities/sync/pair-write';
import { parkCodeOf } from '../domain/compare';
import type { ErrorCode } from '../domain/errors/catalogue';
import { SsakvError } from '../domain/errors/ssakv-error';
import type { WriteResult } from '../domain/write-protocol';

function ended(result: WriteResult, error?: SsakvError): PairWrite {
  return { state: { at: 'done', result }, error } as PairWrite;
}

describe('what the end of a write means for the rest of the cycle', () => {
  test('a value that landed is done', () => {
    expect(outcomeOf(ended({ kind: 'written', version: 'a', lostRaces: [] }))).toEqual({ kind: 'done' });
  });

  test.each<[WriteResult['kind'], WriteResult, ErrorCode, number]>([
    ['decideAgain', { kind: 'decideAgain' }, 'ChangedSincePlan', 0],
    ['unsettled', { kind: 'unsettled' }, 'WriteUnsettled', 0],
    ['busy', { kind: 'busy', remainingMs: 1_500 }, 'PairBusy', 1_500],
    ['leaseExpired', { kind: 'leaseExpired' }, 'LeaseExpired', 0],
    ['fenced', { kind: 'fenced' }, 'PairTakenOver', 0],
  ])('%s is tried again, under a code that says why', (_kind, result, code, delayMs) => {
    expect(outcomeOf(ended(result))).toEqual({ kind: 'again', delayMs, code });
    expect(new SsakvError(code).retryable).toBe(true);
  });

  test('a refusal that nothing but a person can change ends the pair', () => {
    const refused = ended({ kind: 'refused' }, new SsakvError('KeyVaultBadParameter'));
    expect(outcomeOf(refused)).toEqual({ kind: 'decided', state: 'failed' });
  });

  test('throttling waits as long as Key Vault says, else a second', () => {
    expect(outcomeOfError(new SsakvError('KeyVaultThrottled', { retryAfterMs: 7_000 }))).toEqual({
      kind: 'throttled',
      delayMs: 7_000,
    });
    expect(outcomeOfError(new SsakvError('KeyVaultThrottled'))).toEqual({
      kind: 'throttled',
      delayMs: 1_000,
    });
  });

  test('what may pass by itself is tried again', () => {
    expect(outcomeOfError(new SsakvError('KeyVaultConflict', { retryAfterMs: 20 }))).toEqual({
      kind: 'again',
      delayMs: 20,
      code: 'KeyVaultConflict',
    });
  });
});

test.each([
  ['CheckedOut', 'CheckedOut'],
  ['ApprovalRequired', 'ApprovalRequired'],
  ['CommentRequired', 'CommentRequired'],
  ['DoubleLocked', 'DoubleLocked'],
  ['ReadOnlyMode', 'SecretServerReadOnly'],
] as const)('a secret that is parked for %s is reported as %s', (reason, code) => {
  expect(parkCodeOf(reason)).toBe(code);
});
