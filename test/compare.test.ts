import {
  compare,
  commonSyncMode,
  type ComparisonInput,
  type Decision,
  type KeyVaultSide,
  type SecretServerSide,
} from '../domain/compare';
import type { SyncMode } from '../domain/sync-modes';
import { fingerprint, type FingerprintKey } from '../domain/fingerprints';
import type { MarkReading } from '../domain/ownership-marks';

const key: FingerprintKey = { keyId: 'current', key: Buffer.alloc(32, 1) };
const formerKey: FingerprintKey = { keyId: 'former', key: Buffer.alloc(32, 2) };
const baseValues = { host: 'h0', password: 'p0' };
const baseVersion = 'base-version';

interface Values {
  readonly [key: string]: string;
}

const modes: readonly SyncMode[] = ['Bidirectional', 'PushOnly', 'PullOnly'];
const marks: readonly MarkReading[] = [
  { kind: 'absent' },
  { kind: 'malformed' },
  { kind: 'forged' },
  { kind: 'foreignInstallation', installationId: 'other' },
  { kind: 'ours', mark: { operationId: '0', installationId: 'this', epoch: 1 } },
];
const parkReasons = [
  'CheckedOut',
  'ApprovalRequired',
  'CommentRequired',
  'DoubleLocked',
  'ReadOnlyMode',
] as const;

/** One side of the model: what `compare` sees, and the plain values behind the fingerprints. */
interface Modelled<Side> {
  readonly side: Side;
  readonly values?: Values;
}

const sourceSides: readonly Modelled<SecretServerSide>[] = [
  ...[
    { host: 'h0', password: 'p0' },
    { host: 'h1', password: 'p0' },
    { host: 'h0', password: 'p1' },
    { password: 'p1' },
  ].map((values) => ({
    side: { kind: 'present' as const, fingerprints: fingerprint(key, 7, values) },
    values,
  })),
  { side: { kind: 'unread' } },
  { side: { kind: 'gone' } },
  { side: { kind: 'invalid', problems: [{ code: 'ValueTooLarge', detail: 'It has 30000 bytes.' }] } },
  ...parkReasons.map((reason) => ({ side: { kind: 'parked' as const, reason } })),
];

function externalSides(): readonly Modelled<KeyVaultSide>[] {
  const sides: Modelled<KeyVaultSide>[] = [{ side: { kind: 'unchanged' } }, { side: { kind: 'absent' } }];
  for (const mark of marks) {
    sides.push({ side: { kind: 'disabled', mark } }, { side: { kind: 'softDeleted', mark } });
    for (const version of [baseVersion, 'another-version']) {
      sides.push({ side: { kind: 'presentNotOurFormat', version, mark } });
      for (const host of ['h0', 'h1', 'h2']) {
        for (const password of ['p0', 'p1', 'p2']) {
          const values = { host, password };
          const fingerprints = fingerprint(key, 7, values);
          for (const ownLateWrite of mark.kind === 'ours' ? [false, true] : [false]) {
            sides.push({ side: { kind: 'present', version, mark, fingerprints, ownLateWrite }, values });
          }
        }
      }
    }
  }
  return sides;
}

interface State {
  readonly input: ComparisonInput;
  readonly source: Values | undefined;
  readonly external: Values | undefined;
}

function* allStates(): Generator<State> {
  const bases = [
    undefined,
    { fingerprints: fingerprint(key, 7, baseValues), keyVaultVersion: baseVersion },
    { fingerprints: fingerprint(formerKey, 7, baseValues), keyVaultVersion: baseVersion },
  ];
  for (const base of bases) {
    for (const openIntent of [false, true]) {
      for (const source of sourceSides) {
        for (const external of externalSides()) {
          for (const syncMode of modes) {
            for (const tagsDrifted of [false, true]) {
              const input = {
                base,
                openIntent,
                secretServer: source.side,
                keyVault: external.side,
                syncMode,
                tagsDrifted,
              };
              yield { input, source: source.values, external: external.values };
            }
          }
        }
      }
    }
  }
}

/** The decision table once more, over plain values: the rows by their numbers, `none` and `repair` for row 2. */
function expectedRow(state: State): string {
  const { input, source, external } = state;
  const { base, keyVault, secretServer, syncMode } = input;
  const marked = 'mark' in keyVault && keyVault.mark.kind === 'ours';
  const known = base !== undefined;
  const present = keyVault.kind === 'present' || keyVault.kind === 'presentNotOurFormat';
  const onBaseVersion = known && present && keyVault.version === base.keyVaultVersion;
  const rules: readonly (readonly [string, boolean])[] = [
    ['intent', input.openIntent],
    ['15', secretServer.kind === 'parked'],
    ['11', secretServer.kind === 'gone' && ['absent', 'softDeleted'].includes(keyVault.kind)],
    ['10', secretServer.kind === 'gone'],
    ['13', keyVault.kind === 'softDeleted' && !known && !marked],
    ['9', keyVault.kind === 'softDeleted' || (keyVault.kind === 'absent' && known)],
    ['13', (present || keyVault.kind === 'disabled') && !known && !marked],
    ['12', keyVault.kind === 'disabled'],
    ['14', present && known && !marked && !onBaseVersion],
    ['1 reported', keyVault.kind === 'absent' && syncMode === 'PullOnly'],
    ['fail', secretServer.kind === 'invalid'],
    ['1', keyVault.kind === 'absent'],
  ];
  return (
    rules.find(([, matches]) => matches)?.[0] ?? expectedByValues(state, onBaseVersion, source, external)
  );
}

function expectedByValues(
  { input }: State,
  onBaseVersion: boolean,
  source: Values | undefined,
  external: Values | undefined,
): string {
  const { base, keyVault, syncMode } = input;
  const readable =
    base !== undefined && Object.values(base.fingerprints).every((text) => text.startsWith('current.'));
  if (keyVault.kind === 'presentNotOurFormat') {
    if (source === undefined || base === undefined || !readable) return '7';
    return same(source, baseValues) ? '4' : '7';
  }
  if (source === undefined) return 'undecided';
  if (keyVault.kind === 'unchanged') {
    if (!readable) return 'undecided';
    if (same(source, baseValues)) return unchanged(input);
    return syncMode === 'PullOnly' ? '3 reported' : '3';
  }
  const now = external ?? {};
  const landedLate = keyVault.kind === 'present' && keyVault.ownLateWrite;
  if (base !== undefined && !readable && !onBaseVersion) {
    if (same(source, now)) return '5';
    if (!landedLate) return '7';
  }
  const before: Values = onBaseVersion ? now : base === undefined ? {} : baseValues;
  if (same(source, now)) {
    if (base === undefined || !same(before, now)) return '5';
    return onBaseVersion ? unchanged(input) : 'rebase 2';
  }
  const differing = ['host', 'password'].filter((name) => source[name] !== now[name]);
  const bySource = differing.filter((name) => source[name] !== before[name]);
  const byAzure = landedLate ? [] : differing.filter((name) => now[name] !== before[name]);
  if (byAzure.length === 0) return syncMode === 'PullOnly' ? '3 reported' : '3';
  if (bySource.length === 0) return '4';
  return bySource.some((name) => byAzure.includes(name)) ? '7' : '6';
}

function unchanged(input: ComparisonInput): string {
  return input.tagsDrifted && input.syncMode !== 'PullOnly' ? 'repair' : 'none';
}

function same(a: Values, b: Values): boolean {
  return a['host'] === b['host'] && a['password'] === b['password'];
}

function rowOf(decision: Decision): string {
  switch (decision.kind) {
    case 'settle':
      return 'intent';
    case 'none':
      return 'none';
    case 'repairTags':
      return 'repair';
    case 'fail':
      return decision.code === 'UndecidedState' ? 'undecided' : 'fail';
    case 'rebase':
      return decision.row === 5 ? '5' : 'rebase 2';
    case 'notYetSupported':
      return decision.row === 1 || decision.row === 3 ? `${decision.row} reported` : String(decision.row);
    case 'create':
    case 'push':
    case 'hold':
    case 'park':
      return String(decision.row);
  }
}

const writesValue = new Set(['create', 'push']);
const writesToKeyVault = new Set([...writesValue, 'repairTags']);
const rowsBuilt = new Set([0, 1, 2, 3, 5, 12, 13, 15]);

describe('the decision about one pair', () => {
  test('follows the table and its order of precedence in every state', () => {
    let states = 0;
    for (const state of allStates()) {
      states += 1;
      const found = rowOf(compare(state.input));
      const expected = expectedRow(state);
      if (found !== expected)
        throw new Error(`${expected} expected, ${found} found: ${JSON.stringify(state)}`);
    }
    expect(states).toBeGreaterThan(40_000);
  });

  test('acts only by the rows that are built', () => {
    for (const { input } of allStates()) {
      const decision = compare(input);
      const acts = decision.kind !== 'notYetSupported' && decision.kind !== 'fail';
      if (acts && !rowsBuilt.has(decision.row)) throw new Error(JSON.stringify({ input, decision }));
    }
  });

  test('never writes to Key Vault under PullOnly', () => {
    for (const { input } of allStates()) {
      if (input.syncMode !== 'PullOnly') continue;
      const decision = compare(input);
      if (writesToKeyVault.has(decision.kind)) throw new Error(JSON.stringify({ input, decision }));
    }
  });

  test('never writes a value over one that Azure changed, or that is not ours', () => {
    for (const { input, source, external } of allStates()) {
      const decision = compare(input);
      if (!writesValue.has(decision.kind) || external === undefined || input.keyVault.kind !== 'present')
        continue;
      const ofBase = input.base !== undefined && input.keyVault.version === baseVersion;
      const owned = ofBase || input.keyVault.mark.kind === 'ours';
      const asBefore = Object.keys(external).every(
        (name) =>
          ofBase ||
          // Nobody in Azure wrote it: it is what we ourselves wanted there before.
          (input.keyVault.kind === 'present' && input.keyVault.ownLateWrite) ||
          external[name] === source?.[name] ||
          external[name] === new Map(Object.entries(baseValues)).get(name),
      );
      if (!owned || !asBefore) throw new Error(JSON.stringify({ input, decision }));
    }
  });

  test('never takes a base of an unknown key for a change', () => {
    const base = { fingerprints: fingerprint(formerKey, 7, baseValues), keyVaultVersion: baseVersion };
    for (const { input } of allStates()) {
      if (input.base === undefined) continue;
      const isBaseVersion = input.keyVault.kind === 'present' && input.keyVault.version === baseVersion;
      const ownLateWrite = input.keyVault.kind === 'present' && input.keyVault.ownLateWrite;
      const decision = compare({ ...input, base });
      if (decision.kind === 'push' && !isBaseVersion && !ownLateWrite)
        throw new Error(JSON.stringify({ input, decision }));
    }
  });

  test('pushes again over its own write that landed late, and only where the direction allows a push', () => {
    const late = {
      base: { fingerprints: fingerprint(key, 7, baseValues), keyVaultVersion: baseVersion },
      openIntent: false,
      secretServer: { kind: 'present' as const, fingerprints: fingerprint(key, 7, baseValues) },
      keyVault: {
        kind: 'present' as const,
        version: 'late-version',
        mark: marks.find(({ kind }) => kind === 'ours') ?? { kind: 'absent' as const },
        fingerprints: fingerprint(key, 7, { ...baseValues, password: 'of the late write' }),
        ownLateWrite: true,
      },
      tagsDrifted: false,
    };
    expect(compare({ ...late, syncMode: 'Bidirectional' })).toMatchObject({
      kind: 'push',
      changedKeys: ['password'],
    });
    expect(compare({ ...late, syncMode: 'PullOnly' })).toMatchObject({ kind: 'notYetSupported' });
    const sameValues = { ...late.keyVault, fingerprints: fingerprint(key, 7, baseValues) };
    expect(compare({ ...late, keyVault: sameValues, syncMode: 'Bidirectional' })).toMatchObject({
      kind: 'rebase',
    });
  });

  test('names the keys that changed in Secret Server', () => {
    const decision = compare({
      base: { fingerprints: fingerprint(key, 7, baseValues), keyVaultVersion: baseVersion },
      openIntent: false,
      secretServer: {
        kind: 'present',
        fingerprints: fingerprint(key, 7, { host: 'h0', password: 'p9', port: 1521 }),
      },
      keyVault: { kind: 'unchanged' },
      syncMode: 'PushOnly',
      tagsDrifted: true,
    });
    expect(decision).toEqual({ kind: 'push', row: 3, changedKeys: ['password', 'port'] });
  });

  test('tells every problem of a secret and the code of the first', () => {
    const problems = [
      { code: 'FieldDoesNotCoerce' as const, detail: 'First.' },
      { code: 'ValueTooLarge' as const, detail: 'Second.' },
    ];
    const decision = compare({
      base: undefined,
      openIntent: false,
      secretServer: { kind: 'invalid', problems },
      keyVault: { kind: 'absent' },
      syncMode: 'Bidirectional',
      tagsDrifted: false,
    });
    expect(decision).toEqual({ kind: 'fail', code: 'FieldDoesNotCoerce', detail: 'First. Second.' });
  });
});

describe('the direction that connector and map both allow', () => {
  test('is the narrower of the two, and none when they contradict each other', () => {
    expect(commonSyncMode('Bidirectional', 'PushOnly')).toBe('PushOnly');
    expect(commonSyncMode('PullOnly', 'Bidirectional')).toBe('PullOnly');
    expect(commonSyncMode('PushOnly', 'PushOnly')).toBe('PushOnly');
    expect(commonSyncMode('PushOnly', 'PullOnly')).toBeUndefined();
  });
});
