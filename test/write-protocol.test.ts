import { effectOf, observe, startOfWrite, type WriteState } from '../domain/write-protocol';
import {
  firstWorld,
  isLive,
  nextWorlds,
  resultOf,
  type ModelOptions,
  type World,
} from './support/write-protocol-model';

function reachableWorlds(options: ModelOptions): readonly World[] {
  const found = new Map<string, World>();
  const open = [firstWorld(options)];
  for (let world = open.pop(); world !== undefined; world = open.pop()) {
    const key = JSON.stringify(world);
    if (found.has(key)) continue;
    found.set(key, world);
    open.push(...nextWorlds(world, options));
  }
  return [...found.values()];
}

function ownVersions(world: World): readonly string[] {
  return world.versions
    .filter((version) => version.operation !== undefined)
    .map((version) => version.version);
}

/** Nobody works, nothing is under way and no intent is open: what is left is the result. */
function isQuiet(world: World): boolean {
  return !world.attempts.some(isLive) && world.inFlight.length === 0 && world.intent === undefined;
}

describe('the write protocol, in every order of events of two attempts and their crashes', () => {
  const worlds = reachableWorlds({ attempts: 3, foreignWrites: 0, crashes: 1, lateLanding: false });

  it('visits enough worlds to mean something, with every step of the protocol among them', () => {
    expect(worlds.length).toBeGreaterThan(1_000);
    const steps = new Set(worlds.flatMap((world) => world.attempts.map((attempt) => attempt.state.at)));
    expect([...steps].sort()).toEqual([
      'check',
      'done',
      'look',
      'open',
      'record',
      'settle',
      'takeOver',
      'write',
    ]);
  });

  it('makes at most one version for one change', () => {
    expect(worlds.filter((world) => ownVersions(world).length > 1)).toEqual([]);
  });

  it('never sends a PUT without a committed intent of its own', () => {
    expect(worlds.filter((world) => world.sentWithoutIntent)).toEqual([]);
  });

  it('moves the base only to a version that exists', () => {
    const invented = worlds.filter(
      (world) => !world.versions.some((version) => version.version === world.base),
    );
    expect(invented).toEqual([]);
  });

  it('knows its own version once everything is quiet', () => {
    const lost = worlds.filter(
      (world) => isQuiet(world) && ownVersions(world).some((version) => version !== world.base),
    );
    expect(lost).toEqual([]);
  });

  it('calls a write written only if its value is a version', () => {
    const claimed = worlds.filter((world) =>
      world.attempts.some((attempt) => {
        const result = resultOf(attempt);
        return result?.kind === 'written' && !ownVersions(world).includes(result.version);
      }),
    );
    expect(claimed).toEqual([]);
  });
});

describe('the write protocol beside a foreign writer', () => {
  const worlds = reachableWorlds({ attempts: 2, foreignWrites: 1, crashes: 1, lateLanding: false });

  it('still makes at most one version for one change', () => {
    expect(worlds.filter((world) => ownVersions(world).length > 1)).toEqual([]);
  });

  it('never takes a foreign version for its own', () => {
    const mistaken = worlds.filter(
      (world) => world.base !== 'v0' && !ownVersions(world).includes(world.base),
    );
    expect(mistaken).toEqual([]);
  });
});

describe('the write protocol when a PUT lands after its settle window', () => {
  const worlds = reachableWorlds({ attempts: 3, foreignWrites: 0, crashes: 0, lateLanding: true });

  it('can get a second version, the one case that the protocol accepts', () => {
    expect(worlds.some((world) => ownVersions(world).length === 2)).toBe(true);
  });

  it('never gets more versions than it sent PUTs in epochs of their own', () => {
    const repeated = worlds.filter((world) => {
      const operations = world.versions.flatMap((version) => version.operation ?? []);
      return new Set(operations).size !== operations.length;
    });
    expect(repeated).toEqual([]);
  });
});

describe('the look after a write', () => {
  const written: WriteState = {
    at: 'look',
    version: 'own',
    replaces: { version: 'old', createdSeconds: 100 },
  };
  const seen = (version: string, createdSeconds: number) => ({
    version,
    createdSeconds,
    operationId: undefined,
  });

  it('reports versions that somebody made since the check as lost races', () => {
    const after = observe(written, {
      saw: 'versions',
      versions: [seen('old', 100), seen('intruder', 101), seen('own', 101), seen('ancient', 7)],
    });
    expect(effectOf(after)).toEqual({
      do: 'record',
      outcome: { kind: 'landed', version: 'own', lostRaces: ['intruder'], looked: true },
    });
  });

  it('does not count a version of a later second, which lies on top of ours', () => {
    const after = observe(written, {
      saw: 'versions',
      versions: [seen('old', 100), seen('own', 101), seen('on top', 102)],
    });
    expect(after).toMatchObject({ outcome: { lostRaces: [] } });
  });

  it('reports every other version as a lost race where the name was free before', () => {
    const after = observe(
      { at: 'look', version: 'own', replaces: undefined },
      {
        saw: 'versions',
        versions: [seen('own', 100), seen('intruder', 100)],
      },
    );
    expect(after).toMatchObject({ outcome: { lostRaces: ['intruder'] } });
  });

  it('records the write as not looked at when the versions cannot be read', () => {
    expect(observe(written, { saw: 'versionsUnread' })).toMatchObject({
      outcome: { kind: 'landed', looked: false },
    });
  });
});

it('refuses an observation that does not belong to the state', () => {
  expect(() => observe(startOfWrite, { saw: 'recorded' })).toThrow("cannot see 'recorded' while at 'open'");
});
