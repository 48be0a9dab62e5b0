import { randomText } from './new-installation';
import { json, Refusal } from './replies';
import type { Account } from './state';
import type { World } from './world';

const dayMs = 86_400_000;
/** A refresh token outlives its session by this much (vendor docs). */
const refreshGraceMs = 15 * 60_000;

/** The account behind a request's bearer token. Unknown: 401. Expired or revoked: 403 with the documented body. */
export function authenticate(world: World, request: Request): Account {
  const bearer = /^bearer\s+(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  const token = bearer === undefined ? undefined : world.tokens[bearer];
  const account = world.accounts.find((candidate) => candidate.id === token?.accountId);
  if (!token || !account)
    throw new Refusal(401, { message: 'Authorization has been denied for this request.' });
  if (token.revoked || token.expiresAtMs <= world.nowMs()) {
    // This text, to the letter, is what clients recognise (DelineaXPM delinea-common, docs/api-contracts.md).
    throw new Refusal(403, { message: 'Authentication failed or expired token.' });
  }
  return account;
}

/** Revokes the token that a request carries. */
export function revokeToken(world: World, request: Request): void {
  const bearer = /^bearer\s+(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  const token = bearer === undefined ? undefined : world.tokens[bearer];
  if (token) token.revoked = true;
}

/** Revokes every token there is, as a restart of the server does. */
export function revokeAllTokens(world: World): void {
  for (const token of Object.values(world.tokens)) token.revoked = true;
}

/** The token endpoint: form-encoded grants `password`, `client_credentials` and `refresh_token`. */
export async function grantToken(world: World, request: Request): Promise<Response> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers.get('content-type') ?? '')) {
    return json({ error: 'unsupported_grant_type' }, 400);
  }
  const form = new URLSearchParams(await request.text());
  const grantType = form.get('grant_type');
  if (grantType === 'password') return grantTo(world, findByPassword(world, form));
  if (grantType === 'client_credentials') return grantTo(world, findByClient(world, form));
  if (grantType === 'refresh_token') return refresh(world, form.get('refresh_token') ?? '');
  return json({ error: 'unsupported_grant_type' }, 400);
}

/** `domain` comes as a field of its own or before a backslash in the user name. */
function findByPassword(world: World, form: URLSearchParams): Account | undefined {
  const [first = '', second] = (form.get('username') ?? '').split('\\', 2);
  const userName = second ?? first;
  const domain = form.get('domain') || (second === undefined ? '' : first);
  const account = world.accountNamed(userName);
  const sameDomain = account?.domain.toLowerCase() === domain.toLowerCase();
  return account && sameDomain && account.password === form.get('password') ? account : undefined;
}

function findByClient(world: World, form: URLSearchParams): Account | undefined {
  const clientId = form.get('client_id');
  return world.accounts.find(
    (account) => account.clientId === clientId && account.clientSecret === form.get('client_secret'),
  );
}

function refresh(world: World, key: string): Response {
  const token = world.refreshTokens[key];
  // Single use: gone whatever comes of it.
  delete world.refreshTokens[key];
  if (!token || token.expiresAtMs <= world.nowMs()) return json({ error: 'invalid_grant' }, 400);
  const account = world.accounts.find((candidate) => candidate.id === token.accountId);
  return grantTo(world, account, token.refreshesLeft - 1);
}

function grantTo(
  world: World,
  account: Account | undefined,
  refreshesLeft = world.settings.maximumRefreshes,
): Response {
  if (!account) return json({ error: 'Login failed.' }, 400);
  forgetOldTokens(world);
  const { sessionMinutes, refreshTokens } = world.settings;
  const nowMs = world.nowMs();
  const sessionMs = sessionMinutes * 60_000;
  const accessToken = randomText(64);
  world.tokens[accessToken] = {
    accountId: account.id,
    expiresAtMs: nowMs + sessionMs - 1000,
    revoked: false,
  };
  // Observed: `expires_in` is the session time less one second.
  const grant = {
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: Math.round(sessionMs / 1000) - 1,
  };
  if (!refreshTokens || refreshesLeft < 1) return json(grant);
  const refreshToken = randomText(64);
  const expiresAtMs = nowMs + sessionMs + refreshGraceMs;
  world.refreshTokens[refreshToken] = { accountId: account.id, expiresAtMs, refreshesLeft };
  return json({ ...grant, refresh_token: refreshToken });
}

/** A token is told from garbage for a day after its end; then it is forgotten. */
function forgetOldTokens(world: World): void {
  const horizonMs = world.nowMs() - dayMs;
  for (const tokens of [world.tokens, world.refreshTokens]) {
    for (const [key, token] of Object.entries(tokens)) if (token.expiresAtMs < horizonMs) delete tokens[key];
  }
}
