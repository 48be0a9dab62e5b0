import { invalidRequest } from './replies';

/** Query names come bare or with one of these prefixes; official clients use all of them. */
const queryPrefix = /^(?:paging\.filter\.|filter\.|args\.|paging\.)/;

/**
 * Arguments of a call, bound as ASP.NET binds them: names in any case, numbers and booleans also as text
 * (Python sends `True`). A value of the wrong kind is refused with the name of the argument.
 */
export class BoundArguments {
  readonly #values: ReadonlyMap<string, readonly unknown[]>;

  private constructor(values: ReadonlyMap<string, readonly unknown[]>) {
    this.#values = values;
  }

  /** The query of a URL. Empty pairs (`a=1&&b=2`) are skipped; a repeated name is an array. */
  static fromQuery(url: URL): BoundArguments {
    const values = new Map<string, unknown[]>();
    for (const [rawName, value] of url.searchParams) {
      const name = rawName
        .toLowerCase()
        .replace(queryPrefix, '')
        .replace(/\[\d*\]$/, '');
      values.set(name, [...(values.get(name) ?? []), value]);
    }
    return new BoundArguments(values);
  }

  /** A JSON object; anything else binds nothing. */
  static fromJson(json: unknown): BoundArguments {
    const values = new Map<string, unknown[]>();
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
      for (const [name, value] of Object.entries(json)) {
        values.set(name.toLowerCase(), Array.isArray(value) ? value : [value]);
      }
    }
    return new BoundArguments(values);
  }

  /** Whether the name was sent, with whatever value. */
  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }

  /** Whether the name was sent as JSON null. */
  isNull(name: string): boolean {
    return this.#values.get(name.toLowerCase())?.[0] === null;
  }

  text(name: string): string | undefined {
    const value = this.#first(name);
    if (value === undefined) return undefined;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw invalidRequest(name, 'A text is expected.');
  }

  integer(name: string): number | undefined {
    const value = this.#first(name);
    return value === undefined || value === '' ? undefined : toInteger(name, value);
  }

  integers(name: string): readonly number[] {
    return (this.#values.get(name.toLowerCase()) ?? []).map((value) => toInteger(name, value));
  }

  texts(name: string): readonly string[] {
    return (this.#values.get(name.toLowerCase()) ?? []).map(String);
  }

  flag(name: string): boolean | undefined {
    const value = this.text(name)?.toLowerCase();
    if (value === undefined || value === '') return undefined;
    if (value === 'true' || value === 'false') return value === 'true';
    throw invalidRequest(name, 'A boolean is expected.');
  }

  /** A nested object; an empty one when the name was not sent. */
  nested(name: string): BoundArguments {
    return BoundArguments.fromJson(this.#first(name));
  }

  /** An array of objects; empty when the name was not sent. */
  list(name: string): readonly BoundArguments[] {
    return (this.#values.get(name.toLowerCase()) ?? [])
      .filter((value) => value !== null)
      .map((value) => BoundArguments.fromJson(value));
  }

  /** The member of a partial update: `{"dirty": true, "value": …}`; undefined when it is absent or not dirty. */
  dirty(name: string): BoundArguments | undefined {
    const envelope = this.nested(name);
    return envelope.flag('dirty') === true ? envelope : undefined;
  }

  #first(name: string): unknown {
    return this.#values.get(name.toLowerCase())?.[0] ?? undefined;
  }
}

function toInteger(name: string, value: unknown): number {
  const number = typeof value === 'string' ? Number(value.trim()) : value;
  if (typeof number !== 'number' || !Number.isInteger(number))
    throw invalidRequest(name, 'A whole number is expected.');
  return number;
}
