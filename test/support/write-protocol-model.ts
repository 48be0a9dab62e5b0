import {
  effectOf,
  observe,
  startOfSettling,
  startOfWrite,
  type WriteObservation,
  type WriteResult,
  type WriteState,
} from '../../domain/write-protocol';

/**
 * A small world around the reducer: one pair, one change to push, a few attempts of the activity, a foreign writer, and
 * everything that can go wrong between them. Every reachable world is visited.
 */
export interface World {
  readonly versions: readonly Version[];
  /** The newest version; a version lands on top. */
  readonly base: string;
  readonly intent: Intent | undefined;
  readonly epoch: number;
  readonly leaseHolder: number | undefined;
  readonly inFlight: readonly Flight[];
  readonly attempts: readonly Attempt[];
  readonly foreignWritesLeft: number;
  readonly crashesLeft: number;
  readonly sentWithoutIntent: boolean;
}

interface Version {
  readonly version: string;
  /** The attempt's operation, or undefined for the first version and foreign ones. */
  readonly operation: string | undefined;
}

interface Intent {
  readonly operation: string;
  readonly settleOver: boolean;
}

interface Flight {
  readonly operation: string;
}

export interface Attempt {
  readonly id: number;
  readonly state: WriteState;
  readonly epoch: number;
  readonly operation: string;
  /** What the attempt's monotonic clock says of its lease. */
  readonly leaseValid: boolean;
  readonly crashed: boolean;
}

export interface ModelOptions {
  readonly attempts: number;
  readonly foreignWrites: number;
  readonly crashes: number;
  /** Whether a PUT may land after its settle window: the one thing that may add a version. */
  readonly lateLanding: boolean;
}

/** The version that every attempt's plan was made for. */
const plannedVersion = 'v0';

export function firstWorld(options: ModelOptions): World {
  return {
    versions: [{ version: 'v0', operation: undefined }],
    base: 'v0',
    intent: undefined,
    epoch: 0,
    leaseHolder: undefined,
    inFlight: [],
    attempts: [newAttempt(1, startOfWrite)],
    foreignWritesLeft: options.foreignWrites,
    crashesLeft: options.crashes,
    sentWithoutIntent: false,
  };
}

function newAttempt(id: number, state: WriteState): Attempt {
  return { id, state, epoch: 0, operation: `op${id}`, leaseValid: false, crashed: false };
}

export function isLive(attempt: Attempt): boolean {
  return !attempt.crashed && attempt.state.at !== 'done';
}

export function resultOf(attempt: Attempt): WriteResult | undefined {
  return attempt.state.at === 'done' ? attempt.state.result : undefined;
}

/** Every world that one event can lead to. */
export function nextWorlds(world: World, options: ModelOptions): readonly World[] {
  return [
    ...world.attempts.filter(isLive).flatMap((attempt) => attemptSteps(world, attempt)),
    ...landings(world),
    ...timePasses(world, options),
    ...foreignWrite(world),
    ...crashes(world),
    ...successor(world, options),
  ];
}

function attemptSteps(world: World, attempt: Attempt): readonly World[] {
  const effect = effectOf(attempt.state);
  switch (effect.do) {
    case 'openIntent':
      return [openIntent(world, attempt)];
    case 'takeOverIntent':
      return [takeOverIntent(world, attempt)];
    case 'readNewest': {
      const newest = newestOf(world);
      const asPlanned = newest.version === plannedVersion;
      return [
        seen(world, attempt, {
          saw: 'newest',
          newest: { version: newest.version, createdSeconds: 0 },
          asPlanned,
        }),
      ];
    }
    case 'put':
      return put(world, attempt);
    case 'readVersions':
      return [seen(world, attempt, { saw: 'versions', versions: [] })];
    case 'findOperation': {
      const found = world.versions.find((version) => version.operation === effect.operationId);
      return [
        seen(
          world,
          attempt,
          found === undefined
            ? { saw: 'operationAbsent' }
            : { saw: 'operationFound', version: found.version },
        ),
      ];
    }
    case 'record':
      return [record(world, attempt)];
    case 'stop':
      return [];
  }
}

function openIntent(world: World, attempt: Attempt): World {
  if (isLeasedByAnother(world, attempt)) return seen(world, attempt, { saw: 'leased', remainingMs: 1 });
  if (world.intent !== undefined) {
    const operationId = world.intent.operation;
    return seen(world, attempt, { saw: 'openIntent', operationId, remainingSettleMs: 1 });
  }
  const epoch = world.epoch + 1;
  const intent: Intent = { operation: attempt.operation, settleOver: false };
  const taken = { ...world, epoch, leaseHolder: attempt.id, intent };
  return seen(taken, { ...attempt, epoch, leaseValid: true }, { saw: 'intentOpened' });
}

function takeOverIntent(world: World, attempt: Attempt): World {
  if (isLeasedByAnother(world, attempt)) return seen(world, attempt, { saw: 'leased', remainingMs: 1 });
  if (world.intent === undefined) return seen(world, attempt, { saw: 'nothingToSettle' });
  const operationId = world.intent.operation;
  if (!world.intent.settleOver)
    return seen(world, attempt, { saw: 'openIntent', operationId, remainingSettleMs: 1 });
  const epoch = world.epoch + 1;
  const taken = { ...world, epoch, leaseHolder: attempt.id };
  return seen(
    taken,
    { ...attempt, epoch, leaseValid: true },
    { saw: 'openIntent', operationId, remainingSettleMs: 0 },
  );
}

function isLeasedByAnother(world: World, attempt: Attempt): boolean {
  return world.leaseHolder !== undefined && world.leaseHolder !== attempt.id;
}

function put(world: World, attempt: Attempt): readonly World[] {
  if (!attempt.leaseValid) return [seen(world, attempt, { saw: 'leaseExpired' })];
  const sent = {
    ...world,
    sentWithoutIntent: world.sentWithoutIntent || world.intent?.operation !== attempt.operation,
  };
  const after = land(sent, attempt.operation);
  const version = newestOf(after).version;
  return [
    seen(after, attempt, { saw: 'written', version }),
    seen(after, attempt, { saw: 'noAnswer' }),
    seen(sent, attempt, { saw: 'noAnswer' }),
    seen(sent, attempt, { saw: 'refused' }),
    seen({ ...sent, inFlight: [...sent.inFlight, { operation: attempt.operation }] }, attempt, {
      saw: 'noAnswer',
    }),
  ];
}

function record(world: World, attempt: Attempt): World {
  if (attempt.state.at !== 'record') return world;
  if (attempt.epoch !== world.epoch) return seen(world, attempt, { saw: 'fenced' });
  const { outcome } = attempt.state;
  const base = outcome.kind === 'landed' ? outcome.version : world.base;
  return seen({ ...world, base, intent: undefined, leaseHolder: undefined }, attempt, { saw: 'recorded' });
}

function landings(world: World): readonly World[] {
  return world.inFlight.flatMap((flight, index) => {
    const rest = { ...world, inFlight: world.inFlight.filter((_, other) => other !== index) };
    return [land(rest, flight.operation), rest];
  });
}

function timePasses(world: World, options: ModelOptions): readonly World[] {
  const worlds: World[] = [];
  const holder = world.leaseHolder;
  if (holder !== undefined) {
    const attempts = world.attempts.map((one) => (one.id === holder ? { ...one, leaseValid: false } : one));
    worlds.push({ ...world, leaseHolder: undefined, attempts });
  }
  const { intent } = world;
  // The settle window is longer than the lease, and a request's timeout ends before the lease does.
  if (intent !== undefined && !intent.settleOver && world.leaseHolder === undefined) {
    const flying = world.inFlight.some((flight) => flight.operation === intent.operation);
    if (!flying || options.lateLanding) worlds.push({ ...world, intent: { ...intent, settleOver: true } });
  }
  return worlds;
}

function foreignWrite(world: World): readonly World[] {
  if (world.foreignWritesLeft === 0) return [];
  return [land({ ...world, foreignWritesLeft: world.foreignWritesLeft - 1 }, undefined)];
}

function crashes(world: World): readonly World[] {
  if (world.crashesLeft === 0) return [];
  return world.attempts
    .filter(isLive)
    .map((attempt) =>
      replace({ ...world, crashesLeft: world.crashesLeft - 1 }, { ...attempt, crashed: true }),
    );
}

/** A retry, or a successor beside a zombie. Like a plan, it settles an open intent, or writes while the base is the old one. */
function successor(world: World, options: ModelOptions): readonly World[] {
  if (world.attempts.length >= options.attempts) return [];
  const start =
    world.intent !== undefined ? startOfSettling : world.base === plannedVersion ? startOfWrite : undefined;
  if (start === undefined) return [];
  return [{ ...world, attempts: [...world.attempts, newAttempt(world.attempts.length + 1, start)] }];
}

function land(world: World, operation: string | undefined): World {
  const version = `v${world.versions.length}`;
  return { ...world, versions: [...world.versions, { version, operation }] };
}

function newestOf(world: World): Version {
  const newest = world.versions.at(-1);
  if (newest === undefined) throw new Error('A world has at least one version.');
  return newest;
}

function seen(world: World, attempt: Attempt, observation: WriteObservation): World {
  return replace(world, { ...attempt, state: observe(attempt.state, observation) });
}

function replace(world: World, attempt: Attempt): World {
  return { ...world, attempts: world.attempts.map((one) => (one.id === attempt.id ? attempt : one)) };
}
