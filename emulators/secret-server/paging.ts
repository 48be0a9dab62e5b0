import type { BoundArguments } from './bound-arguments';
import { invalidRequest } from './replies';

const defaultTake = 10;

interface SortKey {
  readonly name: string;
  readonly direction: 'Asc' | 'Desc' | 'None';
  readonly priority: number;
}

/**
 * Answers a list in Secret Server's paging envelope. Only the records of the asked page are rendered. With
 * `doNotCalculateTotal` the totals are 0 and only `hasNext` and `nextSkip` tell the truth, as clients must expect.
 */
export function pageOf<T extends object>(
  items: readonly T[],
  query: BoundArguments,
  render: (item: T) => object,
): object {
  const skip = Math.max(0, query.integer('skip') ?? 0);
  const take = query.integer('take') ?? defaultTake;
  if (take < 0) throw invalidRequest('take', 'A number that is not negative is expected.');
  const sortBy = sortKeys(query);
  const records = sortedPage(items, sortBy, skip, take, render);
  const counted = query.flag('doNotCalculateTotal') !== true;
  const pages = counted && take > 0 ? Math.ceil(items.length / take) : 0;
  return {
    batchCount: pages,
    currentPage: take > 0 ? Math.floor(skip / take) + 1 : 1,
    hasNext: skip + take < items.length,
    hasPrev: skip > 0,
    nextSkip: skip + take,
    pageCount: pages,
    prevSkip: Math.max(0, skip - take),
    records,
    severity: 'None',
    skip,
    sortBy,
    success: true,
    take,
    total: counted ? items.length : 0,
  };
}

function sortKeys(query: BoundArguments): SortKey[] {
  const keys: SortKey[] = [];
  for (let index = 0; query.has(`sortBy[${index}].name`); index++) {
    const direction = query.text(`sortBy[${index}].direction`)?.toLowerCase();
    keys.push({
      name: query.text(`sortBy[${index}].name`) ?? '',
      direction: direction === 'desc' ? 'Desc' : direction === 'none' ? 'None' : 'Asc',
      priority: query.integer(`sortBy[${index}].priority`) ?? index,
    });
  }
  return keys.sort((a, b) => a.priority - b.priority);
}

/** Sorts the items themselves where they carry the members asked for, so that only one page has to be rendered. */
function sortedPage<T extends object>(
  items: readonly T[],
  keys: readonly SortKey[],
  skip: number,
  take: number,
  render: (item: T) => object,
): object[] {
  const first = items[0];
  if (first === undefined || keys.length === 0) return items.slice(skip, skip + take).map(render);
  if (keys.every((key) => memberName(first, key.name) !== undefined)) {
    return sorted([...items], keys)
      .slice(skip, skip + take)
      .map(render);
  }
  return sorted(items.map(render), keys).slice(skip, skip + take);
}

function sorted<V extends object>(values: V[], keys: readonly SortKey[]): V[] {
  const members = keys.map((key) => ({ ...key, member: memberName(values[0], key.name) }));
  return values.sort((a, b) => {
    for (const { member, direction } of members) {
      if (member === undefined || direction === 'None') continue;
      const order = compareValues(Reflect.get(a, member), Reflect.get(b, member));
      if (order !== 0) return direction === 'Desc' ? -order : order;
    }
    return 0;
  });
}

function memberName(record: object | undefined, name: string): string | undefined {
  return Object.keys(record ?? {}).find((key) => key.toLowerCase() === name.toLowerCase());
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const left = sortText(a);
  const right = sortText(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

function sortText(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : JSON.stringify(value ?? '');
}
