import path from 'node:path';
import type { z } from 'zod';
import type { AuthMethod, CredentialReference } from '../domain/connectors';
import { readBy } from './rules';
import { nearestName } from './shown-values';

type Kind = CredentialReference['kind'];
type Read = { readonly value: CredentialReference } | { readonly issues: readonly Issue[] };
interface Issue {
  readonly code?: 'LiteralSecretRefused' | 'ConfigurationInvalid';
  readonly path?: readonly string[];
  readonly found: string;
  readonly expected: string;
  readonly example: string;
}

const examples: Readonly<Record<Kind, string>> = {
  file: '{"file": "credentials/name.txt"}',
  env: '{"env": "SSAKV_NAME"}',
  certificate: '{"certificate": {"path": "credentials/name.pem"}}',
  managedIdentity: '{"managedIdentity": {}}',
  workloadIdentity: '{"workloadIdentity": {}}',
  secretServerSecret: '{"secretServerSecret": 4821}',
};

const environmentName = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Which references fit each way of signing in to Entra. Source: docs/configuration.md#credentials. */
export const kindsForAuthMethod: Readonly<Record<AuthMethod, readonly Kind[]>> = {
  Certificate: ['certificate'],
  ManagedIdentity: ['managedIdentity'],
  WorkloadIdentity: ['workloadIdentity'],
  ClientSecret: ['file', 'env', 'secretServerSecret'],
};

/** A reference to a credential, of one of the given kinds. A literal value is refused and never repeated. */
export function credentialReference(kinds: readonly Kind[]): z.ZodType<CredentialReference> {
  return readBy((value) => readReference(value, kinds));
}

/** `file:credentials/x.txt`, `managedIdentity`: the form in which `allow.credentials` names a reference. */
export function credentialText(reference: CredentialReference): string {
  switch (reference.kind) {
    case 'file':
    case 'certificate':
      return `${reference.kind}:${path.posix.normalize(reference.path)}`;
    case 'env':
      return `env:${reference.name}`;
    case 'managedIdentity':
      return reference.clientId === undefined
        ? 'managedIdentity'
        : `managedIdentity:${reference.clientId.toLowerCase()}`;
    case 'workloadIdentity':
      return 'workloadIdentity';
    case 'secretServerSecret':
      return `secretServerSecret:${reference.secretId}`;
  }
}

/** The same text in one form, so that `./a/../x.pem` and `x.pem` are equal. */
export function normalizeCredentialText(text: string): string {
  const [, kind, rest] = /^(file|certificate):(.+)$/s.exec(text) ?? [];
  if (kind !== undefined && rest !== undefined) return `${kind}:${path.posix.normalize(rest)}`;
  return text.startsWith('managedIdentity:') ? `managedIdentity:${text.slice(16).toLowerCase()}` : text;
}

function readReference(value: unknown, kinds: readonly Kind[]): Read {
  const example = examples[kinds[0] ?? 'file'];
  const expected = `a reference with exactly one of the keys ${kinds.join(', ')}`;
  if (typeof value === 'string' || typeof value === 'number') {
    return refuse({ code: 'LiteralSecretRefused', found: 'a literal value', expected, example });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse({ found: value === undefined ? 'nothing' : 'no object', expected, example });
  }
  const entries = Object.entries(value);
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) {
    return refuse({ found: `an object with ${entries.length} keys`, expected, example });
  }
  const [key, target] = entry;
  const kind = kinds.find((each) => each === key);
  return kind === undefined ? refuseKey(key, target, kinds) : readTarget(kind, target);
}

function refuseKey(key: string, target: unknown, kinds: readonly Kind[]): Read {
  const expected = `one of the keys ${kinds.join(', ')}`;
  const example = examples[kinds[0] ?? 'file'];
  if (Object.hasOwn(examples, key))
    return refuse({ found: `the key \`${key}\`, which does not fit here`, expected, example });
  const nearest = nearestName(key, kinds);
  if (nearest !== undefined)
    return refuse({ found: 'an unknown key', expected: `the nearest key, \`${nearest}\``, example });
  // Such as {"value": "…"}: whatever it holds, it is no reference.
  const literal = typeof target === 'string';
  return refuse({
    ...(literal ? { code: 'LiteralSecretRefused' as const } : {}),
    found: literal ? 'a literal value' : 'an unknown key',
    expected,
    example,
  });
}

function readTarget(kind: Kind, target: unknown): Read {
  const fault = (found: string, expected: string): Read =>
    refuse({ path: [kind], found, expected, example: examples[kind] });
  switch (kind) {
    case 'file':
      return isPath(target) ? { value: { kind, path: target } } : fault('no path', 'the path of a file');
    case 'env':
      return typeof target === 'string' && environmentName.test(target)
        ? { value: { kind, name: target } }
        : fault('no variable name', 'the name of an environment variable');
    case 'secretServerSecret':
      return typeof target === 'number' && Number.isSafeInteger(target) && target > 0
        ? { value: { kind, secretId: target } }
        : fault('no secret id', 'the whole number that is the id of a secret in Secret Server');
    case 'certificate': {
      const file = soleMember(target, 'path');
      return isPath(file)
        ? { value: { kind, path: file } }
        : fault('no path', 'an object with the key path only');
    }
    case 'managedIdentity': {
      const clientId = soleMember(target, 'clientId');
      if (isEmptyObject(target)) return { value: { kind } };
      const valid = typeof clientId === 'string' && guid.test(clientId);
      return valid
        ? { value: { kind, clientId } }
        : fault('another form', 'an empty object, or one with a clientId (GUID)');
    }
    case 'workloadIdentity':
      return isEmptyObject(target) ? { value: { kind } } : fault('another form', 'an empty object');
  }
}

/** The only member of an object, or undefined when it has another or more. */
function soleMember(target: unknown, name: string): unknown {
  if (typeof target !== 'object' || target === null) return undefined;
  const entries = Object.entries(target);
  return entries.length === 1 && entries[0]?.[0] === name ? entries[0][1] : undefined;
}

function isEmptyObject(target: unknown): boolean {
  return (
    typeof target === 'object' &&
    target !== null &&
    !Array.isArray(target) &&
    Object.keys(target).length === 0
  );
}

function isPath(target: unknown): target is string {
  // eslint-disable-next-line no-control-regex -- a line break or a NUL never belongs into a path of ours
  return typeof target === 'string' && /^[^\u0000-\u001f]{1,1024}$/.test(target);
}

function refuse(issue: Issue): Read {
  return { issues: [issue] };
}
