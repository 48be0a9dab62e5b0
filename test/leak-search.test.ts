import { randomBytes } from 'node:crypto';
import { leakSearch, newMark, newOddMark } from './support/leak-search';
import { plantingsOf } from './support/leak-plantings';

const noise = (): Buffer => randomBytes(1_000);

describe('the search for leaked values', () => {
  const marks = [newMark(), newOddMark()];
  const [even = '', odd = ''] = marks;
  const { search } = leakSearch(marks);

  it.each(plantingsOf(odd))('finds a value $how', ({ form, bytes }) => {
    const leaks = search('a place', Buffer.concat([noise(), bytes, noise()]));
    expect(leaks).toContainEqual(expect.objectContaining({ form, place: 'a place', mark: 1 }));
  });

  it.each(plantingsOf(odd).filter(({ bytes }) => bytes.length > 60))(
    'finds either half of a value $how, wherever it is cut',
    ({ bytes }) => {
      for (const part of [0.4, 0.5, 0.6]) {
        const cut = Math.floor(bytes.length * part);
        const halves = [bytes.subarray(0, cut), bytes.subarray(cut)];
        const found = halves.map((half) => search('', Buffer.concat([noise(), half, noise()])).length);
        expect(Math.max(...found)).toBeGreaterThan(0);
      }
    },
  );

  it('finds a piece of twelve characters at the very beginning and the very end', () => {
    const piece = Buffer.from(even.slice(5, 17));
    expect(search('', piece)).toMatchObject([{ form: 'plain', offset: 0, mark: 0 }]);
    expect(search('', Buffer.concat([noise(), piece]))).toMatchObject([{ form: 'plain', offset: 1_000 }]);
  });

  it('finds nothing where there is nothing, and no piece shorter than twelve characters', () => {
    expect(search('', Buffer.concat(Array.from({ length: 1_000 }, noise)))).toEqual([]);
    expect(search('', Buffer.from(even.slice(0, 11)))).toEqual([]);
  });

  it('refuses a mark that is too short to be searched for', () => {
    expect(() => leakSearch(['short'])).toThrow('twelve characters');
  });
});
