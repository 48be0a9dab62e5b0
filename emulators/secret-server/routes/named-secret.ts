import type { BoundArguments } from '../bound-arguments';
import { invalidRequest } from '../replies';
import type { Call } from '../routing';
import { accessDenied, findSecret, secretIdAt, type AccessOptions } from '../secret-access';
import type { FolderAccess, Secret } from '../state';

/** The id in the path; 0 with `secretPath` in the query means the secret at that path. */
function namedSecretId({ world, params, query }: Call): number {
  const id = Number(params['id']);
  const path = query.text('secretPath');
  if (id !== 0 || path === undefined) return id;
  const found = secretIdAt(world, path);
  if (found === undefined) throw accessDenied(world);
  return found;
}

/** The secret that a call names, if the caller may do this with it. */
export function namedSecret(
  call: Call,
  wanted: FolderAccess,
  options: AccessOptions = accessOptions(call),
): Secret {
  return findSecret(call.world, call.account, namedSecretId(call), wanted, options);
}

/** What a call brings to get at values: by query, or in the body of the `restricted` paths and of updates. */
export function accessOptions({ query, body }: Call): AccessOptions {
  return {
    comment: query.text('autoComment') ?? body.text('comment'),
    noAutoCheckout: eitherFlag(query, body, 'noAutoCheckout') || query.flag('autoCheckout') === false,
    forceCheckIn: eitherFlag(query, body, 'forceCheckIn'),
    includeInactive: eitherFlag(query, body, 'includeInactive'),
  };
}

function eitherFlag(query: BoundArguments, body: BoundArguments, name: string): boolean {
  return query.flag(name) === true || body.flag(name) === true;
}

/** An argument that must be there. */
export function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw invalidRequest(name, `The ${name} field is required.`);
  return value;
}
