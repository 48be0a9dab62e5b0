/** One version of a secret; times in whole seconds since 1970. */
export interface SecretVersion {
  readonly version: string;
  readonly value: string;
  contentType?: string;
  tags?: Record<string, string>;
  enabled: boolean;
  notBefore?: number;
  expires?: number;
  readonly created: number;
  updated: number;
}

/** A secret with all its versions in the order of their making; the last one is current. */
export interface SecretRecord {
  /** As first written: names keep their case but are compared without it. */
  readonly name: string;
  readonly versions: SecretVersion[];
  deleted?: { deletedDate: number; scheduledPurgeDate: number };
}

/** The secrets of one vault. Lists are asked for page by page, so the order of names is kept until it changes. */
export class Vault {
  readonly #secrets: Map<string, SecretRecord>;
  #order: { live: string[]; deleted: string[] } | undefined;

  constructor(secrets: readonly SecretRecord[] = []) {
    this.#secrets = new Map(secrets.map((secret) => [foldName(secret.name), secret]));
  }

  live(name: string): SecretRecord | undefined {
    const secret = this.#secrets.get(foldName(name));
    return secret?.deleted ? undefined : secret;
  }

  deleted(name: string): SecretRecord | undefined {
    const secret = this.#secrets.get(foldName(name));
    return secret?.deleted ? secret : undefined;
  }

  /** Folded names in list order. */
  order(): { readonly live: readonly string[]; readonly deleted: readonly string[] } {
    this.#order ??= this.#sortNames();
    return this.#order;
  }

  add(secret: SecretRecord): void {
    this.#secrets.set(foldName(secret.name), secret);
    this.#order = undefined;
  }

  markDeleted(secret: SecretRecord, deleted: NonNullable<SecretRecord['deleted']>): void {
    secret.deleted = deleted;
    this.#order = undefined;
  }

  markLive(secret: SecretRecord): void {
    delete secret.deleted;
    this.#order = undefined;
  }

  purge(name: string): void {
    this.#secrets.delete(foldName(name));
    this.#order = undefined;
  }

  all(): readonly SecretRecord[] {
    return [...this.#secrets.values()];
  }

  #sortNames(): { live: string[]; deleted: string[] } {
    const names = [...this.#secrets.keys()].sort();
    return {
      live: names.filter((name) => this.live(name)),
      deleted: names.filter((name) => this.deleted(name)),
    };
  }
}

function foldName(name: string): string {
  return name.toLowerCase();
}

/** The newest version. */
export function currentVersion(secret: SecretRecord): SecretVersion {
  const newest = secret.versions.at(-1);
  if (!newest) throw new Error(`Secret ${secret.name} has no version`);
  return newest;
}
