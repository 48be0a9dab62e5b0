import { randomBytes, randomUUID } from 'node:crypto';
import type { Account, Settings, State } from './state';
import { builtInTemplates } from './template-catalogue';

/** The account that ssakv signs in with. */
export const serviceAccountName = 'ssakv-service';
/** The account in whose name the control endpoint edits unless told otherwise. */
export const administratorName = 'administrator';

/** A new account; an empty `domain` is a local account. A password is made up when none is given. */
export function newAccount(id: number, userName: string, domain = '', password = randomText(24)): Account {
  return {
    id,
    userName,
    domain,
    displayName: userName,
    password,
    clientId: `sdk-client-${randomUUID()}`,
    clientSecret: randomText(32),
  };
}

/** Random text of `bytes` random bytes. */
export function randomText(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}

function newSettings(): Settings {
  return {
    version: '11.7.000002',
    readOnly: false,
    changesReportInstalled: true,
    accessDeniedStatus: 400,
    // Vendor docs: the default session of web services is 20 minutes, three refreshes.
    sessionMinutes: 20,
    refreshTokens: true,
    maximumRefreshes: 3,
    passwordChangeDelayMs: 1000,
    passwordChangesToFail: 0,
  };
}

/** The state of a new installation: two accounts, the built-in templates, nothing else. */
export function newInstallation(
  accounts: Account[] = [newAccount(2, administratorName), newAccount(3, serviceAccountName)],
): State {
  return {
    settings: newSettings(),
    lastStampMs: 0,
    nextId: {
      folder: 2,
      secret: 1001,
      item: 5001,
      attachment: 1,
      audit: 1,
      template: 6201,
      field: 701,
      account: Math.max(...accounts.map((account) => account.id)) + 1,
    },
    accounts,
    folders: [],
    templates: [...builtInTemplates],
    secrets: [],
    audits: [],
    tokens: {},
    refreshTokens: {},
    passwordChanges: [],
  };
}
