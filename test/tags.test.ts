import * as fc from 'fast-check';
import { mapTagsOfStamp, sourceStamp } from '../domain/source-stamps';
import { hostOf, tagDrift, tagsForWrite, type TagBase, type TagContext, type Tags } from '../domain/tags';
import type { TemplateMap } from '../domain/template-maps';

const seven = [
  'ss-managed',
  'ss-secret-id',
  'ss-template',
  'ss-folder-path',
  'ss-sync-version',
  'ss-last-synced',
  'ss-connector-id',
];
const kept = ['ss-managed', 'ss-secret-id', 'ss-connector-id', 'ss-operation-id'];

function contextWith(mapTags: Tags, change: Partial<TagContext> = {}): TagContext {
  return {
    settings: { displayName: 'akv-prod', autoTagExternalSecrets: true },
    map: { externalSecretTags: mapTags },
    secret: { id: 4821, folderPath: 'Production/Oracle/East', templateSlug: 'oracle' },
    syncVersion: 83,
    lastSynced: '2026-04-02T14:33:09Z',
    operationMark: 'mark-2',
    ...change,
  };
}

/** What the ledger holds after a write with these map tags that left these tags. */
function baseOf(tags: Tags, mapTags: Tags): TagBase {
  const map: TemplateMap = {
    ssTemplate: 'T',
    origin: 'file',
    syncDirection: 'Bidirectional',
    contentType: 'application/json',
    fieldMap: [],
    externalSecretTags: mapTags,
  };
  return { tags, sourceStamp: sourceStamp({ summary: 's', folderPath: 'f' }, map) };
}

function written(context: TagContext, current: Tags, base?: TagBase): Tags {
  const plan = tagsForWrite(context, current, base);
  if (plan.kind !== 'tags') throw new Error('no room');
  return plan.tags;
}

const foreignTags = fc.dictionary(
  fc
    .string({ minLength: 1, maxLength: 12 })
    .filter((name) => !name.startsWith('ss-') && name !== '__proto__'),
  fc.string({ maxLength: 8 }),
  { maxKeys: 15 },
);
const mapTags = fc.dictionary(
  fc.constantFrom('environment', 'owner', 'ss-tier', 'ss-template', 'team'),
  fc.string({ maxLength: 8 }),
);

describe('the tags of a new version', () => {
  test('are the seven, the operation mark and those of the map', () => {
    expect(
      written(
        contextWith({ environment: 'production', 'ss-managed': 'false', 'ss-template': 'oracle-account' }),
        {},
      ),
    ).toEqual({
      environment: 'production',
      'ss-managed': 'true',
      'ss-secret-id': '4821',
      'ss-template': 'oracle-account',
      'ss-folder-path': 'Production/Oracle/East',
      'ss-sync-version': '83',
      'ss-last-synced': '2026-04-02T14:33:09Z',
      'ss-connector-id': 'akv-prod',
      'ss-operation-id': 'mark-2',
    });
  });

  test('carry every foreign tag over unchanged, never exceed 15, and never lose the four', () => {
    fc.assert(
      fc.property(foreignTags, mapTags, (foreign, ofMap) => {
        const plan = tagsForWrite(contextWith(ofMap), foreign, undefined);
        if (plan.kind === 'noRoom') return expect(Object.keys(foreign).length).toBeGreaterThan(11);
        expect(Object.keys(plan.tags).length).toBeLessThanOrEqual(15);
        expect(plan.tags).toMatchObject(foreign);
        return expect(Object.keys(plan.tags)).toEqual(expect.arrayContaining(kept));
      }),
    );
  });

  test('give up tags only when there is no room, in one fixed order', () => {
    const foreign = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, 'x']));
    const context = contextWith({ first: '1', second: '2' });
    const order = ['second', 'first', 'ss-folder-path', 'ss-last-synced', 'ss-template', 'ss-sync-version'];
    for (let count = 0; count <= 11; count += 1) {
      const plan = tagsForWrite(context, foreign(count), undefined);
      expect(plan).toMatchObject({ kind: 'tags', dropped: order.slice(0, Math.max(0, count - 5)) });
    }
    expect(tagsForWrite(context, foreign(12), undefined)).toEqual({ kind: 'noRoom', foreign: 12 });
  });

  test('replace every ss- tag that somebody else set', () => {
    const tags = written(contextWith({}), { 'ss-secret-id': '1', 'ss-note': 'x', 'SS-Note': 'Azure’s' });
    expect(tags).toMatchObject({ 'ss-secret-id': '4821', 'SS-Note': 'Azure’s' });
    expect(tags).not.toHaveProperty('ss-note');
  });

  test('follow a changed map while the value is the one ssakv wrote', () => {
    const base = baseOf({ environment: 'test' }, { environment: 'test' });
    expect(written(contextWith({ environment: 'production' }), { environment: 'test' }, base)).toMatchObject({
      environment: 'production',
    });
  });

  test('leave a mapped tag to Azure from the moment Azure gave it another value, write after write', () => {
    const context = contextWith({ environment: 'production' });
    const first = written(
      context,
      { environment: 'staging' },
      baseOf({ environment: 'production' }, { environment: 'production' }),
    );
    expect(first).toMatchObject({ environment: 'staging' });
    const second = written(context, first, baseOf(first, { environment: 'production' }));
    expect(second).toMatchObject({ environment: 'staging' });
  });

  test('leave a mapped tag to Azure also when Azure went back to an earlier value of ours', () => {
    const base = baseOf({ environment: 'staging' }, { environment: 'production' });
    const tags = written(contextWith({ environment: 'test' }), { environment: 'production' }, base);
    expect(tags).toHaveProperty('environment', 'production');
  });

  test('never rewrite a value that ssakv did not write', () => {
    fc.assert(
      fc.property(
        mapTags,
        mapTags,
        foreignTags,
        fc.string({ maxLength: 4 }),
        (before, after, foreign, value) => {
          const context = contextWith(after);
          const base = baseOf({ ...foreign, ...before }, before);
          const current = { ...foreign, ...before, environment: value };
          const plan = tagsForWrite(context, current, base);
          if (plan.kind !== 'tags' || value === before['environment']) return;
          expect(plan.tags['environment']).toBe(value);
        },
      ),
    );
  });

  test('put a mapped tag back that was removed', () => {
    const base = baseOf({ environment: 'production' }, { environment: 'production' });
    expect(written(contextWith({ environment: 'production' }), {}, base)).toHaveProperty(
      'environment',
      'production',
    );
  });

  test('keep the end of a long folder path and no half character', () => {
    const path = `${'A/'.repeat(200)}End`;
    const context = contextWith({}, { secret: { id: 1, folderPath: path, templateSlug: 't' } });
    expect(written(context, {})['ss-folder-path']).toBe(path.slice(-256));
    const smiling = contextWith(
      {},
      { secret: { id: 1, folderPath: `😀${'a'.repeat(255)}`, templateSlug: 't' } },
    );
    expect(written(smiling, {})['ss-folder-path']).toBe('a'.repeat(255));
  });

  test('are the operation mark alone when automatic tags are off', () => {
    const context = contextWith(
      { environment: 'production' },
      { settings: { displayName: 'c', autoTagExternalSecrets: false } },
    );
    expect(written(context, { 'ss-managed': 'true', own: 'x', 'ss-operation-id': 'mark-1' })).toEqual({
      'ss-managed': 'true',
      own: 'x',
      'ss-operation-id': 'mark-2',
    });
    expect(tagDrift(context, {}, baseOf({}, {}))).toEqual({ kind: 'current' });
  });
});

describe('drift of our tags', () => {
  const mapped = { environment: 'production' };
  const before = contextWith(mapped, {
    syncVersion: 80,
    lastSynced: '2026-01-01T00:00:00Z',
    operationMark: 'mark-1',
  });
  const left = written(before, { owner: 'azure' });
  const base = baseOf(left, mapped);

  test('is none after a write, whatever Azure does to its own tags and however time goes on', () => {
    expect(tagDrift(contextWith(mapped), left, base)).toEqual({ kind: 'current' });
    expect(tagDrift(contextWith(mapped), { ...left, owner: 'other', cost: '1' }, base)).toEqual({
      kind: 'current',
    });
  });

  test.each([...seven, 'ss-operation-id', 'environment'])(
    'shows when %s was removed, and restores the whole set',
    (name) => {
      const { [name]: removed, ...current } = left;
      expect(removed).toBeDefined();
      expect(tagDrift(contextWith(mapped), { ...current, cost: '1' }, base)).toEqual({
        kind: 'drifted',
        keys: [name],
        dropped: [],
        tags: { ...left, cost: '1' },
      });
    },
  );

  test('shows when the secret moved to another folder or the map changed', () => {
    const moved = contextWith(mapped, {
      secret: { id: 4821, folderPath: 'Elsewhere', templateSlug: 'oracle' },
    });
    expect(tagDrift(moved, left, base)).toMatchObject({ kind: 'drifted', keys: ['ss-folder-path'] });
    expect(tagDrift(contextWith({ environment: 'test' }), left, base)).toMatchObject({
      kind: 'drifted',
      keys: ['environment'],
      tags: { environment: 'test' },
    });
  });
});

describe('the host of a vault', () => {
  test('is in lower case and has its port unless it is 443', () => {
    expect(hostOf('https://Prod.vault.azure.net:443')).toBe('prod.vault.azure.net');
    expect(hostOf('https://localhost:8443')).toBe('localhost:8443');
  });
});

describe('the stamp of a secret', () => {
  const map: TemplateMap = {
    ssTemplate: 'T',
    origin: 'file',
    syncDirection: 'Bidirectional',
    contentType: 'application/json',
    fieldMap: [],
    externalSecretTags: { environment: 'production' },
  };
  const seen = { summary: 's', folderPath: 'A/B' };
  const stamp = sourceStamp(seen, map);

  test('moves with the summary, the folder and the map, and not by itself', () => {
    expect(sourceStamp({ ...seen }, { ...map })).toBe(stamp);
    const others = [
      sourceStamp({ ...seen, summary: 't' }, map),
      sourceStamp({ ...seen, folderPath: 'A/C' }, map),
      sourceStamp(seen, { ...map, contentType: 'text/plain' }),
      sourceStamp(seen, { ...map, externalSecretTags: {} }),
      sourceStamp(seen, undefined),
    ];
    expect(new Set([stamp, ...others]).size).toBe(6);
  });

  test('tells the tags that the map had, and none when it is of another form', () => {
    expect(mapTagsOfStamp(stamp)).toEqual({ environment: 'production' });
    for (const other of ['', 'x', 'null', '[]', '{}', '{"tags":null}', '{"tags":{"a":1}}']) {
      expect(mapTagsOfStamp(other)).toEqual({});
    }
  });
});
