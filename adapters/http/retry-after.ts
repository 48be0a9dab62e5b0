/** Read access to response headers, whatever library holds them. */
export interface Headers {
  get(name: string): string | undefined;
}

/**
 * How long the other side asks us to wait, in milliseconds, or undefined when it does not say.
 *
 * `retry-after-ms` and `x-ms-retry-after-ms` are Azure's own; `Retry-After` is seconds or a date (RFC 9110 §10.2.3).
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const milliseconds = headers.get('retry-after-ms') ?? headers.get('x-ms-retry-after-ms');
  if (milliseconds !== undefined && /^\d{1,9}$/.test(milliseconds)) return Number(milliseconds);
  const text = headers.get('retry-after');
  if (text === undefined) return undefined;
  if (/^\d{1,7}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
