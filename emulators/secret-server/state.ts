/** What an account may do in a folder; the nearest folder upwards that names the account decides. */
export type FolderAccess = 'none' | 'view' | 'edit' | 'owner';

export interface Account {
  readonly id: number;
  readonly userName: string;
  /** Empty for a local account. */
  readonly domain: string;
  readonly displayName: string;
  readonly password: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface Folder {
  readonly id: number;
  name: string;
  /** -1 for a root folder. */
  parentId: number;
  inheritPermissions: boolean;
  /** By account id. */
  readonly access: Record<string, FolderAccess>;
}

export interface TemplateField {
  readonly id: number;
  readonly name: string;
  readonly slug: string;
  readonly isPassword: boolean;
  readonly isRequired: boolean;
  readonly isNotes: boolean;
  readonly isFile: boolean;
  readonly isUrl: boolean;
}

export interface Template {
  readonly id: number;
  readonly name: string;
  readonly fields: readonly TemplateField[];
}

export interface SecretItem {
  readonly itemId: number;
  readonly fieldId: number;
  value: string;
  file?: { attachmentId: number; name: string; base64: string };
}

export interface Secret {
  readonly id: number;
  name: string;
  /** -1 for a secret outside all folders. */
  folderId: number;
  readonly templateId: number;
  active: boolean;
  readonly createDate: string;
  readonly items: SecretItem[];
  checkOutEnabled: boolean;
  checkOutIntervalMinutes: number;
  /** `untilMs` is in milliseconds since 1970. */
  checkOut?: { accountId: number; untilMs: number };
  requiresComment: boolean;
  requiresApproval: boolean;
  approvedAccountIds: number[];
  doubleLocked: boolean;
  autoChangeEnabled: boolean;
  heartbeatStatus: string;
  lastHeartBeatCheck: string;
  lastPasswordChangeAttempt: string;
  failedPasswordChangeAttempts: number;
  outOfSyncReason: string;
  expired: boolean;
  /** By account id: a summary tells when the *calling* user looked last. */
  readonly lastAccessed: Record<string, string>;
}

export interface Audit {
  readonly id: number;
  readonly secretId: number;
  readonly action: AuditAction;
  readonly dateRecorded: string;
  readonly accountId: number;
  readonly notes: string;
}

/** The spellings of the audit log; they differ between versions of the product, so readers fold case. */
export type AuditAction =
  | 'CREATE'
  | 'UPDATE'
  | 'VIEW'
  | 'WEBSERVICEVIEW'
  | 'CHANGE PASSWORD'
  | 'DELETE'
  | 'UNDELETE'
  | 'MOVE'
  | 'EXPIRED'
  | 'CHECKOUT'
  | 'CHECKIN';

interface Token {
  readonly accountId: number;
  readonly expiresAtMs: number;
  revoked: boolean;
}

interface RefreshToken {
  readonly accountId: number;
  readonly expiresAtMs: number;
  /** How many more refreshes the session allows. */
  readonly refreshesLeft: number;
}

/** A password change that has been asked for and not finished yet. */
export interface PasswordChange {
  readonly secretId: number;
  readonly accountId: number;
  readonly fieldId: number;
  readonly newPassword: string;
  /** Milliseconds since 1970; absent when only the control endpoint ends it. */
  readonly dueAtMs?: number;
  readonly succeeds: boolean;
}

export interface Settings {
  version: string;
  readOnly: boolean;
  changesReportInstalled: boolean;
  /** API_AccessDenied is 400; some versions answered 403. */
  accessDeniedStatus: 400 | 403;
  sessionMinutes: number;
  refreshTokens: boolean;
  maximumRefreshes: number;
  /** `null`: a password change stays pending until the control endpoint ends it. */
  passwordChangeDelayMs: number | null;
  /** How many of the next password changes fail. */
  passwordChangesToFail: number;
}

/** The whole state as JSON data. */
export interface State {
  settings: Settings;
  lastStampMs: number;
  nextId: Record<
    'folder' | 'secret' | 'item' | 'attachment' | 'audit' | 'template' | 'field' | 'account',
    number
  >;
  accounts: Account[];
  folders: Folder[];
  templates: Template[];
  secrets: Secret[];
  audits: Audit[];
  tokens: Record<string, Token>;
  refreshTokens: Record<string, RefreshToken>;
  passwordChanges: PasswordChange[];
}
