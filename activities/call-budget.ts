import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectorSettings, ThrottleSettings } from '../domain/connectors';
import { createsPer10sLimit } from '../domain/limits';
import type { LedgerDatabase } from '../ledger/database';
import { takeTokens } from '../ledger/call-budgets';

/** Tokens come from the ledger in lots, so that a call rarely costs a query. */
const tokensPerLot = 25;

type CallKind = 'create' | 'other';

interface Lot {
  tokens: number;
  /** On the monotonic clock of `performance.now()`. */
  validUntil: number;
}

/**
 * This process's share of a vault's call budget.
 *
 * Several workers call one vault, so the budget is kept in the ledger; each process leases lots of tokens that it spends
 * within a second or loses.
 */
class CallBudget {
  private readonly lots: Record<CallKind, Lot> = {
    create: { tokens: 0, validUntil: 0 },
    other: { tokens: 0, validUntil: 0 },
  };
  private readonly refills: Partial<Record<CallKind, Promise<void>>> = {};

  constructor(
    private readonly db: LedgerDatabase,
    private readonly vaultUrl: string,
    private readonly throttle: ThrottleSettings,
  ) {}

  /** Waits until one call of this kind may be made, and spends its token. */
  async spend(kind: CallKind): Promise<void> {
    while (!this.take(kind)) {
      this.refills[kind] ??= this.refill(kind).finally(() => delete this.refills[kind]);
      await this.refills[kind];
    }
  }

  private take(kind: CallKind): boolean {
    const lot = this.lots[kind];
    if (lot.tokens === 0 || lot.validUntil <= performance.now()) return false;
    lot.tokens -= 1;
    return true;
  }

  private async refill(kind: CallKind): Promise<void> {
    const asked = performance.now();
    const grant = await takeTokens(this.db, this.vaultUrl, kind, tokensPerLot, {
      maxPer10s: this.throttle.maxRequestsPer10s.value,
      maxCreatesPer10s: createsPer10sLimit,
      maxPerSecond: this.throttle.burstCapacity.value,
    });
    if (grant.granted === 0) await delay(grant.retryInMs);
    this.lots[kind] = { tokens: grant.granted, validUntil: asked + grant.validMs };
  }
}

/** One budget per vault and limits in this process, so that activities side by side share their lots. */
export class CallBudgets {
  private readonly budgets = new Map<string, CallBudget>();

  constructor(private readonly db: LedgerDatabase) {}

  of(connector: ConnectorSettings): CallBudget {
    const { vault, throttle } = connector;
    const key = [vault.url, throttle.maxRequestsPer10s.value, throttle.burstCapacity.value].join(' ');
    const known = this.budgets.get(key);
    if (known !== undefined) return known;
    const budget = new CallBudget(this.db, vault.url, throttle);
    this.budgets.set(key, budget);
    return budget;
  }
}
