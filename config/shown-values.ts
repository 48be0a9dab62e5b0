import { closest, distance } from 'fastest-levenshtein';

/** How much of a refused text may be repeated in an error. `never` is for places where secrets end up. */
export type Shown = 'name' | 'url' | 'nearMiss' | 'never';

const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const jsonWebToken = /^ey[\w-]{8,}\.[\w-]{4,}\.[\w-]*$/;
const urlWithPassword = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:[^/@\s]+@/i;
const connectionString = /(^|;)\s*(password|pwd|accountkey|sharedaccesskey|clientsecret)\s*=/i;
/** The form of an Entra client secret: three characters, a digit, Q~, then 31 to 34 more. */
const entraClientSecret = /[\w.~-]{3}\dQ~[\w.~-]{31,34}/;
const plainName = /^[A-Za-z0-9 _./()<>-]{1,80}$/;
const secretKeyName =
  /(^|_)(password|passwd|pwd|passphrase|token|api_key|access_key|private_key|account_key|secret|secret_key|client_secret|connection_string|credential|credentials)$/;

/** Whether a text certainly has the form of a credential, wherever it stands. */
export function hasSecretForm(text: string): boolean {
  const forms = [privateKey, jsonWebToken, urlWithPassword, connectionString, entraClientSecret];
  return forms.some((form) => form.test(text));
}

/** Whether a text may be a credential: enough to keep it out of an error, too little to refuse it. */
function looksLikeSecret(text: string): boolean {
  return hasSecretForm(text) || isRandomWord(text);
}

/** Whether a key's name says that its value is a credential, in camelCase or snake_case. */
export function namesSecret(key: string): boolean {
  const words = key.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll(/[\s-]/g, '_');
  return secretKeyName.test(words.toLowerCase());
}

/** A refused value in words that never repeat a credential: its kind, and the text itself only where that is safe. */
export function describeFound(value: unknown, shown: Shown, expectedTexts: readonly string[] = []): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'boolean') {
    return shown === 'never' ? `a ${typeof value}` : String(value);
  }
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'string') return describeText(value, shown, expectedTexts);
  return 'an object';
}

/** The name of an unknown key, unless a value may have slipped into its place. */
export function describeKey(key: string): string {
  return plainName.test(key) && !looksLikeSecret(key) ? `\`${key}\`` : `a key of ${key.length} characters`;
}

/** The nearest of the names, if one is near enough to be what was meant. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const folded = name.toLowerCase();
  const found = closest(
    folded,
    names.map((each) => each.toLowerCase()),
  );
  const near = distance(folded, found) <= Math.max(2, Math.floor(found.length / 3));
  return near ? names.find((each) => each.toLowerCase() === found) : undefined;
}

function describeText(text: string, shown: Shown, expectedTexts: readonly string[]): string {
  const hidden = text === '' ? 'an empty text' : `a text of ${text.length} characters`;
  if (shown === 'never' || looksLikeSecret(text)) return hidden;
  if (shown === 'url') return describeUrl(text) ?? hidden;
  if (shown === 'nearMiss') return nearestName(text, expectedTexts) === undefined ? hidden : `"${text}"`;
  return plainName.test(text) ? `"${text}"` : hidden;
}

/** Scheme, host and port only: user info, path and query can hold credentials. */
function describeUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return plainName.test(text) ? `"${text}"` : undefined;
  const url = new URL(text);
  return url.host === '' ? undefined : `"${url.protocol}//${url.host}${url.pathname === '/' ? '' : '/…'}"`;
}

/** A long word of mixed letters and digits without separators, as generators make them. */
function isRandomWord(text: string): boolean {
  if (text.length < 20 || /[\s/]/.test(text)) return false;
  return /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text);
}
