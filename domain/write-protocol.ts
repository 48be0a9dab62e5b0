/**
 * The write protocol for one external secret, as a pure reducer: (state, observation) → next state, and one effect per state.
 *
 * Key Vault has no compare-and-set and a PUT is not idempotent: every PUT makes a version, and an answer can be lost after
 * the effect (Set Secret, https://learn.microsoft.com/rest/api/keyvault/secrets/set-secret). Activities can run twice, and a
 * zombie attempt can run beside its successor. So nothing is written without a committed intent, an unknown outcome is
 * settled by looking for the operation id in the versions, and the base moves only after the write is known to have landed.
 */

/** One version as a LIST of versions shows it. `createdSeconds` has a grain of one second and does not order versions. */
export interface SeenVersion {
  readonly version: string;
  readonly createdSeconds: number;
  /** The operation id in its ownership mark, when that mark verifies. */
  readonly operationId: string | undefined;
}

export type WriteOutcome =
  | {
      readonly kind: 'landed';
      readonly version: string;
      readonly lostRaces: readonly string[];
      /** Whether the versions were read late enough to show every write of the same second. */
      readonly looked: boolean;
    }
  | { readonly kind: 'notLanded' };

export type WriteResult =
  /** Our value is a version of the external secret, and the ledger knows it. */
  | { readonly kind: 'written'; readonly version: string; readonly lostRaces: readonly string[] }
  /** Nothing was written, because the newest version is not the one that was planned for. */
  | { readonly kind: 'decideAgain' }
  /** The service answered, and its answer says that nothing was written. */
  | { readonly kind: 'refused' }
  /** No answer: the intent stays open and is settled after the settle window. */
  | { readonly kind: 'unsettled' }
  /** Another attempt holds the pair, or the settle window of its intent is not over. */
  | { readonly kind: 'busy'; readonly remainingMs: number }
  /** The lease ran out before the PUT was sent: nothing was written. */
  | { readonly kind: 'leaseExpired' }
  /** A successor took the pair over while we wrote: it settles our intent. */
  | { readonly kind: 'fenced' };

export type WriteState =
  | { readonly at: 'open' }
  | { readonly at: 'takeOver' }
  | { readonly at: 'check' }
  | { readonly at: 'write'; readonly replaces: Replaced | undefined }
  | { readonly at: 'look'; readonly version: string; readonly replaces: Replaced | undefined }
  | { readonly at: 'settle'; readonly operationId: string }
  | { readonly at: 'record'; readonly outcome: WriteOutcome; readonly result: WriteResult }
  | { readonly at: 'done'; readonly result: WriteResult };

/** The version that was current right before the PUT. */
export interface Replaced {
  readonly version: string;
  readonly createdSeconds: number;
}

export type WriteEffect =
  /** Take the pair's lease and commit the intent, in one transaction. */
  | { readonly do: 'openIntent' }
  /** Take the pair's lease for an intent that an earlier attempt left open; never open a new one. */
  | { readonly do: 'takeOverIntent' }
  /** GET the newest version; `refused` when it could not be read. */
  | { readonly do: 'readNewest' }
  /** Check the lease against a monotonic clock, then PUT once. */
  | { readonly do: 'put' }
  /** LIST all versions, at least two seconds after the PUT's answer, so that one-second stamps cannot hide a later write. */
  | { readonly do: 'readVersions' }
  /** LIST all versions and find the one with this operation id and the intended fingerprints. */
  | { readonly do: 'findOperation'; readonly operationId: string }
  /** Base, counter, audit, decision and the intent's end, in one transaction, fenced by the lease's epoch. */
  | { readonly do: 'record'; readonly outcome: WriteOutcome }
  | { readonly do: 'stop'; readonly result: WriteResult };

export type WriteObservation =
  | { readonly saw: 'intentOpened' }
  | { readonly saw: 'leased'; readonly remainingMs: number }
  | { readonly saw: 'openIntent'; readonly operationId: string; readonly remainingSettleMs: number }
  | { readonly saw: 'nothingToSettle' }
  | { readonly saw: 'newest'; readonly newest: Replaced | undefined; readonly asPlanned: boolean }
  | { readonly saw: 'leaseExpired' }
  | { readonly saw: 'written'; readonly version: string }
  | { readonly saw: 'refused' }
  | { readonly saw: 'noAnswer' }
  | { readonly saw: 'versions'; readonly versions: readonly SeenVersion[] }
  | { readonly saw: 'versionsUnread' }
  | { readonly saw: 'operationFound'; readonly version: string }
  | { readonly saw: 'operationAbsent' }
  /** The versions could not be read, so nobody knows yet. */
  | { readonly saw: 'operationUnknown'; readonly remainingMs: number }
  | { readonly saw: 'recorded' }
  | { readonly saw: 'fenced' };

/** Writing a value that was decided on. */
export const startOfWrite: WriteState = { at: 'open' };

/** Finding out what became of an intent that an earlier attempt left open. */
export const startOfSettling: WriteState = { at: 'takeOver' };

/** The one thing to do in a state. */
export function effectOf(state: WriteState): WriteEffect {
  switch (state.at) {
    case 'open':
      return { do: 'openIntent' };
    case 'takeOver':
      return { do: 'takeOverIntent' };
    case 'check':
      return { do: 'readNewest' };
    case 'write':
      return { do: 'put' };
    case 'look':
      return { do: 'readVersions' };
    case 'settle':
      return { do: 'findOperation', operationId: state.operationId };
    case 'record':
      return { do: 'record', outcome: state.outcome };
    case 'done':
      return { do: 'stop', result: state.result };
  }
}

/** The state after an observation. An observation that does not belong to the state is a programming error and throws. */
export function observe(state: WriteState, observation: WriteObservation): WriteState {
  switch (state.at) {
    case 'open':
      return afterOpening(observation);
    case 'takeOver':
      return afterTakingOver(observation);
    case 'check':
      return afterChecking(observation);
    case 'write':
      return afterWriting(state.replaces, observation);
    case 'look':
      return afterLooking(state, observation);
    case 'settle':
      return afterSettling(observation);
    case 'record':
      return afterRecording(state.result, observation);
    case 'done':
      return impossible(state, observation);
  }
}

function afterOpening(observation: WriteObservation): WriteState {
  switch (observation.saw) {
    case 'intentOpened':
      return { at: 'check' };
    case 'leased':
      return done({ kind: 'busy', remainingMs: observation.remainingMs });
    case 'openIntent':
      return done({ kind: 'busy', remainingMs: observation.remainingSettleMs });
    default:
      return impossible({ at: 'open' }, observation);
  }
}

function afterTakingOver(observation: WriteObservation): WriteState {
  switch (observation.saw) {
    case 'nothingToSettle':
      return done({ kind: 'decideAgain' });
    case 'leased':
      return done({ kind: 'busy', remainingMs: observation.remainingMs });
    case 'openIntent':
      return observation.remainingSettleMs > 0
        ? done({ kind: 'busy', remainingMs: observation.remainingSettleMs })
        : { at: 'settle', operationId: observation.operationId };
    default:
      return impossible({ at: 'takeOver' }, observation);
  }
}

function afterChecking(observation: WriteObservation): WriteState {
  switch (observation.saw) {
    case 'newest':
      return observation.asPlanned
        ? { at: 'write', replaces: observation.newest }
        : nothingWritten({ kind: 'decideAgain' });
    case 'refused':
      return nothingWritten({ kind: 'refused' });
    default:
      return impossible({ at: 'check' }, observation);
  }
}

function afterWriting(replaces: Replaced | undefined, observation: WriteObservation): WriteState {
  switch (observation.saw) {
    case 'leaseExpired':
      return nothingWritten({ kind: 'leaseExpired' });
    case 'written':
      return { at: 'look', version: observation.version, replaces };
    case 'refused':
      return nothingWritten({ kind: 'refused' });
    case 'noAnswer':
      return done({ kind: 'unsettled' });
    default:
      return impossible({ at: 'write', replaces }, observation);
  }
}

function afterLooking(state: WriteState & { at: 'look' }, observation: WriteObservation): WriteState {
  switch (observation.saw) {
    case 'versions':
      return landed(state.version, intruders(state.version, state.replaces, observation.versions), true);
    case 'versionsUnread':
      return landed(state.version, [], false);
    default:
      return impossible(state, observation);
  }
}

function afterSettling(observation: WriteObservation): WriteState {
  switch (observation.saw) {
    case 'operationFound':
      return landed(observation.version, [], false);
    case 'operationAbsent':
      return nothingWritten({ kind: 'decideAgain' });
    case 'operationUnknown':
      return done({ kind: 'busy', remainingMs: observation.remainingMs });
    default:
      return impossible({ at: 'settle', operationId: '' }, observation);
  }
}

function afterRecording(result: WriteResult, observation: WriteObservation): WriteState {
  switch (observation.saw) {
    case 'recorded':
      return done(result);
    case 'fenced':
      return done({ kind: 'fenced' });
    default:
      return impossible({ at: 'record', outcome: { kind: 'notLanded' }, result }, observation);
  }
}

/**
 * Versions that somebody else made between our check and our PUT.
 *
 * Stamps have a grain of one second, so a version of the replaced one's own second may be older than it and is not counted.
 * One of a later second than ours lies on top of it and lost nothing: the next LIST shows it.
 */
function intruders(
  own: string,
  replaces: Replaced | undefined,
  versions: readonly SeenVersion[],
): readonly string[] {
  const ownSeconds = versions.find((seen) => seen.version === own)?.createdSeconds ?? Infinity;
  return versions
    .filter((seen) => seen.version !== own && seen.version !== replaces?.version)
    .filter((seen) => seen.createdSeconds <= ownSeconds)
    .filter((seen) => replaces === undefined || seen.createdSeconds > replaces.createdSeconds)
    .map((seen) => seen.version);
}

function landed(version: string, lostRaces: readonly string[], looked: boolean): WriteState {
  return {
    at: 'record',
    outcome: { kind: 'landed', version, lostRaces, looked },
    result: { kind: 'written', version, lostRaces },
  };
}

function nothingWritten(result: WriteResult): WriteState {
  return { at: 'record', outcome: { kind: 'notLanded' }, result };
}

function done(result: WriteResult): WriteState {
  return { at: 'done', result };
}

function impossible(state: WriteState, observation: WriteObservation): never {
  throw new Error(`The write protocol cannot see '${observation.saw}' while at '${state.at}'.`);
}
