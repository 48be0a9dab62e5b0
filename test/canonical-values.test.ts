import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import {
  externalValueBytes,
  readExternalValue,
  serializeExternalValue,
  sizeProblem,
  toCanonical,
  type CanonicalResult,
  type SecretField,
} from '../domain/canonical-values';
import { externalName, foldName } from '../domain/names';
import { deriveInstallationKeys } from '../domain/installation-keys';
import { compareFingerprints, fingerprint, type FingerprintKey } from '../domain/fingerprints';
import type { FieldMapping, TemplateMap } from '../domain/template-maps';

function mapping(akvKey: string, rest: Partial<FieldMapping> = {}): FieldMapping {
  return { ssField: akvKey, akvKey, typeCoerce: 'string', encoding: 'utf8', optional: false, ...rest };
}

function mapOf(...fieldMap: FieldMapping[]): TemplateMap {
  return {
    ssTemplate: 'Test',
    origin: 'file',
    syncDirection: 'Bidirectional',
    contentType: 'application/json',
    fieldMap,
    externalSecretTags: {},
  };
}

function field(slug: string, value: string | undefined, rest: Partial<SecretField> = {}): SecretField {
  return { fieldId: 1, slug, name: slug, isPassword: false, isFile: false, value, ...rest };
}

function codes(result: CanonicalResult): readonly string[] {
  return result.kind === 'invalid' ? result.problems.map((problem) => problem.code) : [];
}

const key: FingerprintKey = { keyId: 'k1', key: Buffer.alloc(32, 7) };

describe('the value of a secret', () => {
  test('holds the mapped fields only, in the order of the map, and leaves empty fields out', () => {
    const map = mapOf(mapping('user', { ssField: 'Username' }), mapping('password'), mapping('host'));
    const fields = [
      field('host', ''),
      field('password', 'p'),
      field('notes', 'private'),
      field('user-name', 'u', { name: 'USERNAME' }),
    ];
    const result = toCanonical(map, fields);
    expect(result).toEqual({ kind: 'value', values: { user: 'u', password: 'p' } });
    expect(result.kind === 'value' && serializeExternalValue(result.values, {})).toBe(
      '{"user":"u","password":"p"}',
    );
  });

  test('prefers the slug over a display name that another field has', () => {
    const fields = [field('other', 'wrong', { name: 'host' }), field('host', 'right', { name: 'Machine' })];
    expect(toCanonical(mapOf(mapping('host')), fields)).toEqual({ kind: 'value', values: { host: 'right' } });
  });

  test('reports a field that the template no longer has, unless the map calls it optional', () => {
    expect(codes(toCanonical(mapOf(mapping('host')), []))).toEqual(['MappedFieldMissing']);
    expect(toCanonical(mapOf(mapping('host', { optional: true })), [])).toEqual({
      kind: 'value',
      values: {},
    });
  });

  test.each([
    ['1521', 1521],
    [' 1521 ', 1521],
    ['-0.50', -0.5],
    ['-0', 0],
    ['999999999999999', 999_999_999_999_999],
  ])('turns %j into a number', (text, expected) => {
    const result = toCanonical(mapOf(mapping('port', { typeCoerce: 'number' })), [field('port', text)]);
    expect(result).toEqual({ kind: 'value', values: { port: expected } });
  });

  test.each(['01521', '1e3', '0x10', 'Infinity', 'port', '12345678901234567', '1,5', ' '])(
    'refuses %j as a number and does not repeat it',
    (text) => {
      const result = toCanonical(mapOf(mapping('count', { typeCoerce: 'number' })), [field('count', text)]);
      expect(codes(result)).toEqual(['FieldDoesNotCoerce']);
      expect(text.trim() !== '' && JSON.stringify(result).includes(text)).toBe(false);
    },
  );

  test('takes only true and false as booleans, in any case of letters', () => {
    const map = mapOf(mapping('tls', { typeCoerce: 'boolean' }));
    expect(toCanonical(map, [field('tls', 'True')])).toEqual({ kind: 'value', values: { tls: true } });
    expect(toCanonical(map, [field('tls', 'false')])).toEqual({ kind: 'value', values: { tls: false } });
    expect(codes(toCanonical(map, [field('tls', 'yes')]))).toEqual(['FieldDoesNotCoerce']);
  });

  test('takes a file as text when it is UTF-8, byte for byte, and otherwise only by base64', () => {
    const text = Buffer.from('\uFEFFkey\r\n', 'utf8');
    const binary = Buffer.from([0x30, 0x82, 0xff, 0x00]);
    const asText = mapOf(mapping('file'));
    const asBase64 = mapOf(mapping('file', { encoding: 'base64' }));
    const file = (bytes: Buffer) => [field('file', 'not for display', { isFile: true, bytes })];
    expect(toCanonical(asText, file(text))).toEqual({ kind: 'value', values: { file: '\uFEFFkey\r\n' } });
    expect(codes(toCanonical(asText, file(binary)))).toEqual(['FileNotText']);
    expect(toCanonical(asBase64, file(binary))).toEqual({ kind: 'value', values: { file: 'MIL/AA==' } });
    expect(toCanonical(asText, [field('file', 'no attachment', { isFile: true })])).toEqual({
      kind: 'value',
      values: {},
    });
  });

  test('may have 25,000 bytes of UTF-8 and not one more', () => {
    const map = mapOf(mapping('v'));
    const room = 25_000 - '{"v":""}'.length;
    expect(toCanonical(map, [field('v', 'x'.repeat(room))]).kind).toBe('value');
    expect(codes(toCanonical(map, [field('v', 'x'.repeat(room + 1))]))).toEqual(['ValueTooLarge']);
    expect(codes(toCanonical(map, [field('v', 'ü'.repeat(room / 2 + 1))]))).toEqual(['ValueTooLarge']);
    expect(sizeProblem('ü'.repeat(12_500))).toBeUndefined();
    expect(externalValueBytes('ü€')).toBe(5);
  });

  test('takes a value that is nested too deep to be written back for another format', () => {
    const nested = (levels: number) => `{"a":"x","more":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    const map = mapOf(mapping('a'));
    expect(readExternalValue(map, nested(100))).toMatchObject({ kind: 'object' });
    for (const levels of [300, 6_000, 12_000]) {
      expect(readExternalValue(map, nested(levels))).toEqual({ kind: 'notAnObject' });
    }
  });

  test('is read back as it was written, together with the keys of Azure', () => {
    const scalar = fc.oneof(fc.string({ minLength: 1 }), fc.integer(), fc.boolean());
    const map = mapOf(mapping('a'), mapping('b'), mapping('__proto__'));
    const ownKeys = fc.record({ a: scalar, b: scalar }, { requiredKeys: [] });
    const foreign = fc.dictionary(
      fc.string().filter((name) => !['a', 'b', '__proto__'].includes(name)),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(ownKeys, foreign, (values, extraKeys) => {
        const text = serializeExternalValue(values, extraKeys);
        const read = readExternalValue(map, text);
        if (read.kind !== 'object') throw new Error(text);
        expect(JSON.stringify(read.values)).toBe(JSON.stringify(values));
        expect(serializeExternalValue(read.values, read.extraKeys)).toBe(text);
      }),
    );
  });

  test('keeps a long number of Azure digit by digit', () => {
    const text = '{"a":"x","tenant":12345678901234567890,"inner":{"price":1.10},"__proto__":1}';
    const read = readExternalValue(mapOf(mapping('a')), text);
    expect(read.kind === 'object' && serializeExternalValue(read.values, read.extraKeys)).toBe(text);
  });

  test('counts an empty or null key in Key Vault as absent', () => {
    expect(readExternalValue(mapOf(mapping('a'), mapping('b')), '{"a":"","b":null}')).toEqual({
      kind: 'object',
      values: {},
      extraKeys: {},
    });
  });

  test.each(['', 'plain text', '"text"', '[1]', 'null', '{"a":{"nested":1}}', '{"a":[1]}'])(
    'is not ours to read when Key Vault holds %j',
    (text) => {
      expect(readExternalValue(mapOf(mapping('a')), text)).toEqual({ kind: 'notAnObject' });
    },
  );
});

describe('fingerprints', () => {
  const values = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()));

  test('are equal for equal values and name the keys that differ', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
        const valueOf = (side: typeof a, name: string) =>
          Object.hasOwn(side, name) ? JSON.stringify(side[name]) : undefined;
        const differing = names.filter((name) => valueOf(a, name) !== valueOf(b, name)).sort();
        const found = compareFingerprints(fingerprint(key, 1, a), fingerprint(key, 1, b));
        expect(found).toEqual(
          differing.length === 0 ? { kind: 'equal' } : { kind: 'differ', keys: differing },
        );
      }),
    );
  });

  test('do not tell that two pairs, or two keys of one pair, hold the same value', () => {
    const one = fingerprint(key, 1, { a: 'same', b: 'same' });
    const other = fingerprint(key, 2, { a: 'same' });
    expect(new Set([one['a'], one['b'], other['a']]).size).toBe(3);
  });

  test('tell a number from the text of the number', () => {
    const found = compareFingerprints(
      fingerprint(key, 1, { port: 1521 }),
      fingerprint(key, 1, { port: '1521' }),
    );
    expect(found).toEqual({ kind: 'differ', keys: ['port'] });
  });

  test('of another key, another form, or no known form are never taken for a change', () => {
    const now = fingerprint(key, 1, { a: 'x' });
    const formerKey = fingerprint({ keyId: 'k0', key: key.key }, 1, { a: 'x' });
    const laterForm = { a: now['a']?.replace('k1.1.', 'k1.2.') ?? '' };
    for (const unknown of [formerKey, laterForm, { a: 'garbage' }]) {
      expect(compareFingerprints(now, unknown)).toEqual({ kind: 'incomparable' });
      expect(compareFingerprints(unknown, now)).toEqual({ kind: 'incomparable' });
    }
  });
});

describe('the keys of an installation', () => {
  test('differ by purpose, by installation and by installation key, and are the same each time', () => {
    const one = deriveInstallationKeys('one', Buffer.alloc(32, 1));
    const again = deriveInstallationKeys('one', Buffer.alloc(32, 1));
    const elsewhere = deriveInstallationKeys('two', Buffer.alloc(32, 1));
    const renewed = deriveInstallationKeys('one', Buffer.alloc(32, 2));
    expect(again).toEqual(one);
    const all = [one, elsewhere, renewed].flatMap((keys) => [keys.fingerprint.key, keys.mark, keys.audit]);
    expect(new Set(all.map((each) => each.toString('hex'))).size).toBe(9);
    expect(renewed.fingerprint.keyId).not.toBe(one.fingerprint.keyId);
  });

  test('need 32 bytes', () => {
    expect(() => deriveInstallationKeys('one', Buffer.alloc(31, 1))).toThrow(
      expect.objectContaining({ code: 'InstallationKeyTooShort' }),
    );
  });
});

describe('names in Key Vault', () => {
  test('are the prefix and the number, or a reason why they cannot be', () => {
    expect(externalName('ss-prod', 4821)).toEqual({ kind: 'name', name: 'ss-prod-4821' });
    for (const [prefix, id] of [
      ['under_score', 1],
      ['a b', 1],
      ['a/b', 1],
      ['', 0],
      ['ok', -1],
      ['ok', 1.5],
      ['x'.repeat(126), 1],
    ] as const) {
      expect(externalName(prefix, id).kind).toBe('invalid');
    }
    expect(externalName('x'.repeat(125), 1).kind).toBe('name');
  });

  test('always satisfy what Key Vault accepts', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), (prefix, id) => {
        const result = externalName(prefix, id);
        expect(result.kind === 'name').toBe(id > 0 && /^[0-9a-zA-Z-]{1,127}$/.test(`${prefix}-${id}`));
      }),
    );
  });

  test('are the same when only the case differs', () => {
    expect(foldName('SS-Prod-1')).toBe(foldName('ss-prod-1'));
  });
});
