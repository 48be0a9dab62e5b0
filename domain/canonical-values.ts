import type { ErrorCode } from './errors/catalogue';
import { externalValueLimitBytes } from './limits';
import type { FieldMapping, TemplateMap, TypeCoercion } from './template-maps';

/** One field of a secret as Secret Server gives it. `bytes` for a file that has an attachment. */
export interface SecretField {
  readonly fieldId: number;
  readonly slug: string;
  readonly name: string;
  readonly isPassword: boolean;
  readonly isFile: boolean;
  readonly value: string | undefined;
  readonly bytes?: Buffer;
}

export type Scalar = string | number | boolean;

/** JSON key → value, mapped keys only, in the map's order. An empty field is absent. */
export type CanonicalSecret = Readonly<Record<string, Scalar>>;

/** What keeps a secret from being pushed. `detail` never holds a value. */
export interface SecretProblem {
  readonly code: ErrorCode;
  readonly detail: string;
}

export type CanonicalResult =
  | { readonly kind: 'value'; readonly values: CanonicalSecret }
  | { readonly kind: 'invalid'; readonly problems: readonly SecretProblem[] };

export type ExternalValue =
  | {
      readonly kind: 'object';
      readonly values: CanonicalSecret;
      readonly extraKeys: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'notAnObject' };

type Conversion =
  | { readonly kind: 'scalar'; readonly value: Scalar }
  | { readonly kind: 'problem'; readonly problem: SecretProblem };

/**
 * The mapped fields of one secret as they stand in Key Vault.
 *
 * Problems: `MappedFieldMissing`, `FieldDoesNotCoerce`, `FileNotText`, `ValueTooLarge` (over 25,000 bytes).
 */
export function toCanonical(map: TemplateMap, fields: readonly SecretField[]): CanonicalResult {
  const entries: [string, Scalar][] = [];
  const problems: SecretProblem[] = [];
  for (const mapping of map.fieldMap) {
    const field = fieldFor(mapping, fields);
    const converted = field === undefined ? missing(mapping) : convert(mapping, field);
    if (converted?.kind === 'problem') problems.push(converted.problem);
    if (converted?.kind === 'scalar') entries.push([mapping.akvKey, converted.value]);
  }
  const values: CanonicalSecret = Object.fromEntries(entries);
  const tooLarge = sizeProblem(serializeExternalValue(values, {}));
  if (tooLarge !== undefined) problems.push(tooLarge);
  return problems.length === 0 ? { kind: 'value', values } : { kind: 'invalid', problems };
}

/** The field a mapping names, by slug or else by display name, without regard to case. */
export function fieldFor<Field extends { readonly slug: string; readonly name: string }>(
  mapping: FieldMapping,
  fields: readonly Field[],
): Field | undefined {
  const wanted = mapping.ssField.toLowerCase();
  return (
    fields.find((field) => field.slug.toLowerCase() === wanted) ??
    fields.find((field) => field.name.toLowerCase() === wanted)
  );
}

/** `ValueTooLarge` when the text is over Key Vault's 25,000 bytes of UTF-8. */
export function sizeProblem(text: string): SecretProblem | undefined {
  const bytes = externalValueBytes(text);
  if (bytes <= externalValueLimitBytes) return undefined;
  return {
    code: 'ValueTooLarge',
    detail: `The value has ${bytes} bytes; ${externalValueLimitBytes} are allowed.`,
  };
}

/** Length of a secret's value as Key Vault counts it: bytes of UTF-8. */
export function externalValueBytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** Compact JSON: mapped keys first, then the keys that Azure added and ssakv keeps. */
export function serializeExternalValue(
  values: CanonicalSecret,
  extraKeys: Readonly<Record<string, unknown>>,
): string {
  const kept = Object.entries(extraKeys).filter(([key]) => !Object.hasOwn(values, key));
  return JSON.stringify({ ...values, ...Object.fromEntries(kept) });
}

/**
 * Reads a value from Key Vault. A mapped key that is empty or null counts as absent, as an empty field does.
 * `notAnObject`: no JSON object, one that is nested too deep to be written back, or a mapped key holds an object or a
 * list, which no field can hold.
 */
export function readExternalValue(map: TemplateMap, text: string): ExternalValue {
  const parsed = parseObject(text);
  if (parsed === undefined || nestsDeeperThan(deepestNesting, parsed)) return { kind: 'notAnObject' };
  const mapped = new Set(map.fieldMap.map((mapping) => mapping.akvKey));
  const values: [string, Scalar][] = [];
  for (const key of mapped) {
    const value = Object.hasOwn(parsed, key) ? parsed[key] : undefined;
    if (value === undefined || value === null || value === '') continue;
    if (!isScalar(value)) return { kind: 'notAnObject' };
    values.push([key, value]);
  }
  const extraKeys = Object.entries(parseObject(text, keepNumberAsWritten) ?? {}).filter(
    ([key]) => !mapped.has(key),
  );
  return { kind: 'object', values: Object.fromEntries(values), extraKeys: Object.fromEntries(extraKeys) };
}

/**
 * JSON's own functions overflow the stack at some thousand levels, which fit into a value. Keys of Azure's that cannot be
 * written back would be lost with the next push, so such a value is not overwritten at all.
 */
const deepestNesting = 200;

function nestsDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => nestsDeeperThan(levels - 1, member));
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

// TypeScript's library does not know these yet: https://github.com/tc39/proposal-json-parse-with-source.
declare global {
  interface JSON {
    parse(text: string, reviver: Reviver | undefined): unknown;
    rawJSON(text: string): unknown;
  }
}

/** A number of Azure's own, such as an identifier of 20 digits, must come back as it was written. */
function keepNumberAsWritten(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  const { source } = context;
  return typeof value === 'number' && source !== undefined && String(value) !== source
    ? JSON.rawJSON(source)
    : value;
}

function parseObject(text: string, reviver?: Reviver): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text, reviver);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function missing(mapping: FieldMapping): Conversion | undefined {
  if (mapping.optional) return undefined;
  return problem('MappedFieldMissing', `The map names the field "${mapping.ssField}".`);
}

/** The field's value as JSON, or undefined for an empty field. */
function convert(mapping: FieldMapping, field: SecretField): Conversion | undefined {
  if (field.isFile) return convertFile(mapping, field.bytes);
  return field.value === undefined ? undefined : convertText(mapping, field.value);
}

function convertFile(mapping: FieldMapping, bytes: Buffer | undefined): Conversion | undefined {
  if (bytes === undefined || bytes.length === 0) return undefined;
  if (mapping.encoding === 'base64') return { kind: 'scalar', value: bytes.toString('base64') };
  const text = decodeUtf8(bytes);
  if (text === undefined) return problem('FileNotText', `The file field is "${mapping.ssField}".`);
  return convertText(mapping, text);
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function convertText(mapping: FieldMapping, text: string): Conversion | undefined {
  if (text === '') return undefined;
  const value = coerce(mapping.typeCoerce, text);
  if (value !== undefined) return { kind: 'scalar', value };
  return problem(
    'FieldDoesNotCoerce',
    `The field "${mapping.ssField}" should become a ${mapping.typeCoerce}.`,
  );
}

function coerce(type: TypeCoercion, text: string): Scalar | undefined {
  switch (type) {
    case 'string':
      return text;
    case 'number':
      return toNumber(text.trim());
    case 'boolean':
      return toBoolean(text.trim().toLowerCase());
  }
}

/** A plain decimal number that survives the way through a double: at most 15 significant digits. */
function toNumber(text: string): number | undefined {
  if (!/^-?(0|[1-9]\d*)(\.\d+)?$/.test(text)) return undefined;
  const significantDigits = text.replace(/[-.]/g, '').replace(/^0+/, '').length;
  if (significantDigits > 15) return undefined;
  const value = Number(text);
  if (value === 0) return significantDigits === 0 || /^-?0\.?0*$/.test(text) ? 0 : undefined;
  return value;
}

function toBoolean(text: string): boolean | undefined {
  if (text === 'true') return true;
  return text === 'false' ? false : undefined;
}

function problem(code: ErrorCode, detail: string): Conversion {
  return { kind: 'problem', problem: { code, detail } };
}
