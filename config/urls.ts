import type { z } from 'zod';
import type { RuleParams } from './checking';
import { readBy } from './rules';

/** Whether a host is this machine: the only place that http:// is accepted for. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replaceAll(/[[\]]/g, '');
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
  );
}

/** What is wrong with a base URL, or undefined. `https://host[:port][/path]`, http:// on loopback only. */
export function baseUrlFault(
  value: unknown,
  schemes: readonly string[] = ['https:', 'http:'],
): RuleParams | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return {};
  const url = new URL(value);
  if (url.protocol === 'http:' && schemes.includes('http:') && !isLoopbackHost(url.hostname)) {
    return { code: 'PlainHttpRefused', expected: 'an https:// URL' };
  }
  if (!schemes.includes(url.protocol)) return {};
  if (url.username !== '' || url.password !== '') {
    return { code: 'LiteralSecretRefused', found: 'a URL with a user name or password in it' };
  }
  if (url.search !== '' || url.hash !== '') return { expected: 'a URL without query and fragment' };
  return url.hostname === '' ? {} : undefined;
}

/** A base URL, given back without trailing slash. */
export function baseUrl(): z.ZodType<string> {
  return readBy((value) => {
    const fault = baseUrlFault(value);
    return fault === undefined ? { value: withoutTrailingSlash(String(value)) } : { issues: [fault] };
  });
}

/**
 * An HTTP proxy. http:// is accepted for any host: every connection behind it is TLS from end to end (CONNECT).
 */
export function proxyUrl(): z.ZodType<string> {
  return readBy((value) => {
    const plain = typeof value === 'string' ? value.replace(/^http:/i, 'https:') : value;
    const fault = baseUrlFault(plain, ['https:']);
    return fault === undefined ? { value: withoutTrailingSlash(String(value)) } : { issues: [fault] };
  });
}

function withoutTrailingSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
