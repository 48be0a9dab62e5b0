/**
 * JSON text that PostgreSQL's jsonb takes. NUL and lone surrogates, which jsonb refuses
 * (https://www.postgresql.org/docs/15/datatype-json.html), become U+FFFD, so that one odd name does not fail its batch.
 */
export function toJson(value: unknown): string {
  // Well-formed pairs are written raw by JSON.stringify, so every \ud… escape in its output is a lone surrogate.
  return JSON.stringify(value).replace(
    /(\\\\)|\\u(?:0000|d[89a-f][0-9a-f]{2})/g,
    (_, escapedBackslash?: string) => (escapedBackslash === undefined ? '\\ufffd' : escapedBackslash),
  );
}
