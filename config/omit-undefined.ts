type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/** The same object without the members that are undefined, so that optional members are absent rather than empty. */
export function omitUndefined<T extends object>(members: T): Defined<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>;
}
