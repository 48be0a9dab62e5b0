import { newInstallation } from './new-installation';
import { never, zoneless } from './stamps';
import type {
  Account,
  Audit,
  AuditAction,
  Folder,
  PasswordChange,
  Secret,
  Settings,
  State,
  Template,
} from './state';

/** Views of one user and secret within this time make one VIEW row (observed on real servers). */
const viewCollapseMs = 5 * 60_000;

/** Actions that only read; the changes report leaves them out. */
const readActions: ReadonlySet<AuditAction> = new Set<AuditAction>(['VIEW', 'WEBSERVICEVIEW']);

/** Secret Server's data with the indexes that make it fast; `snapshot` and `restore` turn it into JSON data and back. */
export class World {
  readonly folders = new Map<number, Folder>();
  readonly templates = new Map<number, Template>();
  readonly secrets = new Map<number, Secret>();
  /** All rows of a secret, oldest first. */
  readonly auditsBySecret = new Map<number, Audit[]>();
  /** The rows that are no reads, oldest first. */
  readonly changes: Audit[] = [];
  #state: State = newInstallation();
  #stampLagMs = 0;

  constructor(private readonly clock: { now(): Date }) {
    this.restore(this.#state);
  }

  get settings(): Settings {
    return this.#state.settings;
  }

  get accounts(): readonly Account[] {
    return this.#state.accounts;
  }

  get tokens(): State['tokens'] {
    return this.#state.tokens;
  }

  get refreshTokens(): State['refreshTokens'] {
    return this.#state.refreshTokens;
  }

  get passwordChanges(): PasswordChange[] {
    return this.#state.passwordChanges;
  }

  /** Milliseconds since 1970 by the stand-ins' clock. */
  nowMs(): number {
    return this.clock.now().getTime();
  }

  /** A date-time later than every one handed out before, so that rows have an order. */
  stamp(): string {
    this.#state.lastStampMs = Math.max(this.#state.lastStampMs + 1, this.nowMs() - this.#stampLagMs);
    return zoneless(this.#state.lastStampMs);
  }

  /**
   * Lets the stamps handed out by `work` begin `milliseconds` ago (but never before the last one), so that creating
   * many secrets at once does not push the stamps ahead of the clock.
   */
  stampFromThePast<T>(milliseconds: number, work: () => T): T {
    this.#stampLagMs = milliseconds;
    try {
      return work();
    } finally {
      this.#stampLagMs = 0;
    }
  }

  nextId(kind: keyof State['nextId']): number {
    return this.#state.nextId[kind]++;
  }

  accountNamed(userName: string): Account | undefined {
    return this.#state.accounts.find((account) => account.userName.toLowerCase() === userName.toLowerCase());
  }

  addAccount(account: Account): void {
    this.#state.accounts.push(account);
  }

  templateNamed(name: string): Template | undefined {
    return [...this.templates.values()].find(
      (template) => template.name.toLowerCase() === name.toLowerCase(),
    );
  }

  /** Adds a row to a secret's audit log. */
  audit(secretId: number, action: AuditAction, account: Account, notes = ''): Audit {
    const row = {
      id: this.nextId('audit'),
      secretId,
      action,
      dateRecorded: this.stamp(),
      accountId: account.id,
      notes,
    };
    this.#index(row);
    return row;
  }

  /** Records that an account read a secret: a WEBSERVICEVIEW row, and a VIEW row unless a recent one exists. */
  auditRead(secret: Secret, account: Account, notes = ''): void {
    const since = zoneless(this.nowMs() - viewCollapseMs);
    const rows = this.auditsBySecret.get(secret.id) ?? [];
    const viewed = rows.findLast((row) => row.action === 'VIEW' && row.accountId === account.id);
    if ((viewed?.dateRecorded ?? never) < since) this.audit(secret.id, 'VIEW', account, notes);
    secret.lastAccessed[account.id] = this.audit(secret.id, 'WEBSERVICEVIEW', account, notes).dateRecorded;
  }

  snapshot(): State {
    return {
      ...this.#state,
      folders: [...this.folders.values()],
      templates: [...this.templates.values()],
      secrets: [...this.secrets.values()],
      audits: [...this.auditsBySecret.values()].flat().sort((a, b) => a.id - b.id),
    };
  }

  restore(saved: unknown): void {
    const state = structuredClone(saved);
    if (!isState(state)) throw new Error('This is no saved state of Secret Server.');
    this.#state = state;
    replaceAll(this.folders, state.folders);
    replaceAll(this.templates, state.templates);
    replaceAll(this.secrets, state.secrets);
    this.auditsBySecret.clear();
    this.changes.length = 0;
    for (const row of state.audits) this.#index(row);
  }

  #index(row: Audit): void {
    const rows = this.auditsBySecret.get(row.secretId);
    if (rows) rows.push(row);
    else this.auditsBySecret.set(row.secretId, [row]);
    if (!readActions.has(row.action)) this.changes.push(row);
  }
}

/** Saved state comes from our own file; its members are taken on trust. */
function isState(value: unknown): value is State {
  return typeof value === 'object' && value !== null && 'settings' in value && 'secrets' in value;
}

function replaceAll<T extends { readonly id: number }>(index: Map<number, T>, items: readonly T[]): void {
  index.clear();
  for (const item of items) index.set(item.id, item);
}
