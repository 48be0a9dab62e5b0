import { randomBytes } from 'node:crypto';

/** Where a marked value was found. The value itself is not repeated. */
export interface Leak {
  readonly place: string;
  readonly form: string;
  /** Which of the marks, counted from 0. */
  readonly mark: number;
  readonly offset: number;
}

export interface LeakSearch {
  /** Every form of every mark that these bytes hold, whole or in pieces of at least twelve characters. */
  search(place: string, bytes: Buffer): readonly Leak[];
}

interface Needle {
  readonly bytes: Buffer;
  readonly form: string;
  readonly mark: number;
}

/** A piece of this many characters of a mark counts as the mark: a value cut in two is still a leak. */
const pieceLength = 12;

/** What every scan step looks at; a needle is never shorter. */
const keyBytes = 4;
const filterBits = 22;

/** Taken out once: jest looks every global up anew, which makes a scan a hundred times slower. */
const { imul } = Math;

/** Random text that occurs nowhere by chance. Put it inside the values of a scenario. */
export function newMark(): string {
  return randomBytes(24).toString('base64url').replaceAll(/[-_]/g, 'x');
}

/** The same with everything that encodings write differently. */
export function newOddMark(): string {
  // The second one gives base64 its two special letters wherever it stands in a group of three bytes.
  const odd = ['"', '???~~~', '\\', '&', '<', '%', '+', '/', ' ', '\n', 'ü', '€', '漢', '😀', "'", '\t'];
  return Array.from(newMark(), (letter, index) => letter + (odd[index] ?? '')).join('');
}

type Encoding = (text: string) => readonly Buffer[];

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');
const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const escaped = (text: string): string =>
  json(text).replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => String.raw`\u` + unit.charCodeAt(0).toString(16).padStart(4, '0'),
  );
const url = (text: string): string => encodeURIComponent(text);
const lowerUrl = (text: string): string =>
  url(text).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());

/** How a value may have been written down. Each gives the form's bytes, several where the neighbours matter. */
const forms: Readonly<Record<string, Encoding>> = {
  plain: (text) => [utf8(text)],
  json: (text) => [
    utf8(json(text)),
    utf8(json(json(text))),
    ascii(escaped(text)),
    ascii(json(escaped(text))),
  ],
  url: (text) => [ascii(url(text)), ascii(lowerUrl(text)), ascii(url(text).replaceAll('%20', '+'))],
  base64: (text) => alignments(text, 'base64'),
  base64url: (text) => alignments(text, 'base64url'),
  hex: (text) => [utf8(text).toString('hex'), utf8(text).toString('hex').toUpperCase()].map(ascii),
  utf16le: (text) => [Buffer.from(text, 'utf16le')],
  utf16be: (text) => [Buffer.from(text, 'utf16le').swap16()],
};

/** Base64 differs by where in a group of three bytes the text begins; what also depends on the neighbours is cut off. */
function alignments(text: string, encoding: 'base64' | 'base64url'): readonly Buffer[] {
  const bytes = utf8(text);
  return [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]);
    const lasting = whole.length - (whole.length % 3);
    const tainted = [0, 2, 3][before];
    return ascii(whole.subarray(0, lasting).toString(encoding).slice(tainted));
  });
}

/** Makes a search for these marks in all forms. A mark is random text of at least twelve characters. */
export function leakSearch(marks: readonly string[]): LeakSearch {
  const needles = needlesByKey(marks.flatMap((mark, index) => needlesOf(mark, index)));
  const filter = new Uint8Array(1 << filterBits);
  for (const key of needles.keys()) filter[slotOf(key)] = 1;
  return {
    search(place, bytes) {
      const found = new Map<string, Leak>();
      let key = 0;
      for (let end = 0; end < bytes.length; end += 1) {
        key = (key >>> 8) | ((bytes[end] ?? 0) << 24);
        if (filter[slotOf(key)] === 0 || end < keyBytes - 1) continue;
        const offset = end - keyBytes + 1;
        for (const { form, mark, bytes: needle } of needles.get(key) ?? []) {
          if (found.has(`${form} ${mark}`)) continue;
          if (bytes.subarray(offset, offset + needle.length).equals(needle)) {
            found.set(`${form} ${mark}`, { place, form, mark, offset });
          }
        }
      }
      return [...found.values()];
    },
  };
}

function slotOf(key: number): number {
  return imul(key, 0x9e3779b1) >>> (32 - filterBits);
}

/** All pieces of a mark in all forms. A piece that several forms share belongs to the first of them. */
function needlesOf(mark: string, index: number): readonly Needle[] {
  const known = new Map<string, Needle>();
  for (const [form, encode] of Object.entries(forms)) {
    const lengths = pieceBytes(form);
    for (const encoded of encode(mark)) {
      for (let start = 0; start + lengths <= encoded.length; start += 1) {
        const bytes = encoded.subarray(start, start + lengths);
        const name = bytes.toString('latin1');
        if (!known.has(name)) known.set(name, { bytes, form, mark: index });
      }
    }
  }
  if (known.size === 0) throw new Error('A mark needs at least twelve characters.');
  return [...known.values()];
}

function pieceBytes(form: string): number {
  switch (form) {
    case 'hex':
    case 'utf16le':
    case 'utf16be':
      return pieceLength * 2;
    case 'base64':
    case 'base64url':
      return (pieceLength / 3) * 4;
    default:
      return pieceLength;
  }
}

function needlesByKey(needles: readonly Needle[]): ReadonlyMap<number, readonly Needle[]> {
  const byKey = new Map<number, Needle[]>();
  for (const needle of needles) {
    const key = needle.bytes.readInt32LE(0);
    byKey.set(key, [...(byKey.get(key) ?? []), needle]);
  }
  return byKey;
}
