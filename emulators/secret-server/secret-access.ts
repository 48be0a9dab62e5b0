import { folderPath, mayIn } from './folder-tree';
import { domainError, type Refusal } from './replies';
import type { Account, FolderAccess, Secret } from './state';
import type { World } from './world';

/** What stands between an account and a secret's values (the vendor's enumeration `SecretAccessRequired`). */
export type SecretState =
  | 'None'
  | 'RequiresApproval'
  | 'RequiresCheckout'
  | 'RequiresComment'
  | 'RequiresDoubleLockPassword'
  | 'RequiresUndelete'
  | 'RequiresCheckoutAndComment';

/** What a caller brings to get past the obstacles. */
export interface AccessOptions {
  readonly comment?: string | undefined;
  readonly noAutoCheckout?: boolean | undefined;
  readonly forceCheckIn?: boolean | undefined;
  readonly includeInactive?: boolean | undefined;
}

/** Unknown, deleted and forbidden are deliberately one answer (thycotic.secretserver issue 161). */
export function accessDenied(world: World): Refusal {
  return domainError('API_AccessDenied', 'Access Denied', world.settings.accessDeniedStatus);
}

/** The secret of that id, if the account may do this with it; the caller decides on inactive ones. */
export function findSecret(
  world: World,
  account: Account,
  secretId: number,
  wanted: FolderAccess,
  options: AccessOptions = {},
): Secret {
  const secret = world.secrets.get(secretId);
  if (!secret || !mayIn(world, account.id, secret.folderId, wanted)) throw accessDenied(world);
  if (!secret.active && options.includeInactive !== true) throw accessDenied(world);
  return secret;
}

/** The id of the active secret at a path like `\Folder\Sub\Name`; both separators, any case. */
export function secretIdAt(world: World, path: string): number | undefined {
  const wanted = path.replace(/[\\/]+/g, '\\').toLowerCase();
  const name = wanted.slice(wanted.lastIndexOf('\\') + 1);
  for (const secret of world.secrets.values()) {
    if (!secret.active || secret.name.toLowerCase() !== name) continue;
    const full = `${folderPath(world, secret.folderId)}\\${secret.name}`.toLowerCase();
    if (full === wanted || full === `\\${wanted}`) return secret.id;
  }
  return undefined;
}

/** The check-out in force, or undefined; one whose time is over ended by itself. */
export function currentCheckOut(
  world: World,
  secret: Secret,
): { accountId: number; untilMs: number } | undefined {
  return secret.checkOut && secret.checkOut.untilMs > world.nowMs() ? secret.checkOut : undefined;
}

/** Gives the secret to one account for its check-out interval. */
export function checkOut(
  world: World,
  secret: Secret,
  account: Account,
  minutes = secret.checkOutIntervalMinutes,
): void {
  secret.checkOut = { accountId: account.id, untilMs: world.nowMs() + minutes * 60_000 };
  world.audit(secret.id, 'CHECKOUT', account);
}

/** Ends a check-out. */
export function checkIn(world: World, secret: Secret, account: Account): void {
  if (!currentCheckOut(world, secret)) return;
  delete secret.checkOut;
  world.audit(secret.id, 'CHECKIN', account);
}

/** What stands between an account and the values now. */
export function secretState(world: World, secret: Secret, account: Account): SecretState {
  if (!secret.active) return 'RequiresUndelete';
  if (secret.doubleLocked) return 'RequiresDoubleLockPassword';
  if (secret.requiresApproval && !secret.approvedAccountIds.includes(account.id)) return 'RequiresApproval';
  const out = currentCheckOut(world, secret);
  const needsCheckOut = out ? out.accountId !== account.id : secret.checkOutEnabled;
  if (needsCheckOut) return secret.requiresComment ? 'RequiresCheckoutAndComment' : 'RequiresCheckout';
  return secret.requiresComment ? 'RequiresComment' : 'None';
}

/**
 * Lets an account through to the values or refuses. A secret that must be checked out is checked out on the way
 * unless the caller forbids it (vendor docs, `noAutoCheckout`), which locks everyone else out of it.
 */
export function openSecret(world: World, secret: Secret, account: Account, options: AccessOptions): void {
  if (secret.doubleLocked)
    throw refusedAccess('DoubleLockRequired', 'The requested Secret requires a DoubleLock password.');
  if (secret.requiresApproval && !secret.approvedAccountIds.includes(account.id)) {
    throw refusedAccess(
      'ApprovalRequired',
      'The requested Secret requires approval before it can be viewed.',
    );
  }
  if (secret.requiresComment && !options.comment) {
    throw refusedAccess('CommentRequired', 'The requested Secret requires a comment when viewed.');
  }
  const out = currentCheckOut(world, secret);
  if (out?.accountId === account.id) return;
  if (out && options.forceCheckIn !== true) {
    throw refusedAccess('CheckedOut', 'The requested Secret is checked out by another user.');
  }
  if (out) checkIn(world, secret, account);
  if (!secret.checkOutEnabled) return;
  if (options.noAutoCheckout === true) {
    throw refusedAccess(
      'CheckoutRequired',
      'The requested Secret requires check out before it can be viewed.',
    );
  }
  checkOut(world, secret, account);
}

/**
 * `API_ValidateSecretAccessCommentRequired` was seen on a real server (thycotic.secretserver issue 91); the codes
 * beside it follow its form and are not verified.
 */
function refusedAccess(reason: string, message: string): Refusal {
  return domainError(`API_ValidateSecretAccess${reason}`, message);
}
