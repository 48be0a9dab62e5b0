import type { SideFailures } from './side-failures';
import type { SyncContext } from './sync-context';

/** What an attempt at a plan works with. */
export interface PlanContext extends SyncContext {
  /** Whether both sides of every pair are read by value, whatever the scans saw. */
  readonly readsEverything: boolean;
  readonly keyVaultFailures: SideFailures;
  readonly secretServerFailures: SideFailures;
}
