import { valueAt, type RuleFault } from './checking';
import { isLoopbackHost } from './urls';

/** The ports of the listeners, unless the file names others. */
export const defaultPorts = { operators: 8085, metrics: 9464, worker_metrics: 9465 } as const;

/** Production minimums. Below them a slow answer could outlive the lease that guards its write. */
const leastTimings = {
  requestTimeoutSeconds: 20,
  pairLeaseSeconds: 60,
  settleAfterRequestSeconds: 60,
  /** A write may leave until one request before the lease ends, so the window must outlast the lease too. */
  settleAfterLeaseSeconds: 20,
} as const;

/** Rules between the keys of ssakv.yaml, on the file as written. */
export function runtimeRules(value: unknown): readonly RuleFault[] {
  return [...developmentRule(value), ...apiKeyRule(value), ...timingRules(value), ...listenerRule(value)];
}

/** The timings in force, in seconds. */
export function effectiveTimings(written: unknown): {
  readonly request: number;
  readonly lease: number;
  readonly settle: number;
} {
  const seconds = (key: string, fallback: number): number => {
    const found = valueAt(written, [key]);
    return typeof found === 'number' ? found : fallback;
  };
  const request = seconds('request_timeout_seconds', leastTimings.requestTimeoutSeconds);
  const lease = seconds('pair_lease_seconds', Math.max(leastTimings.pairLeaseSeconds, request * 3));
  return { request, lease, settle: seconds('settle_seconds', leastSettling(request, lease)) };
}

/** How long after its intent a write that got no answer can no longer land, in seconds. */
function leastSettling(request: number, lease: number): number {
  const { settleAfterRequestSeconds, settleAfterLeaseSeconds } = leastTimings;
  return Math.max(request + settleAfterRequestSeconds, lease + settleAfterLeaseSeconds);
}

/** Short timings are for trials on one machine; against real systems they would lose writes. */
function developmentRule(value: unknown): RuleFault[] {
  if (valueAt(value, ['development']) !== true) return [];
  const address = valueAt(value, ['temporal', 'address']);
  const host = typeof address === 'string' ? address.replace(/:\d+$/, '') : '';
  if (host === '' || isLoopbackHost(host)) return [];
  return [
    { path: ['development'], found: 'true with a Temporal server elsewhere', expected: 'false, or loopback' },
  ];
}

function apiKeyRule(value: unknown): RuleFault[] {
  const temporal = valueAt(value, ['temporal']);
  if (valueAt(temporal, ['api_key']) === undefined || valueAt(temporal, ['tls']) !== undefined) return [];
  const expected = '`tls` beside `api_key`, so that the key does not travel in the clear';
  return [{ path: ['temporal', 'api_key'], found: 'a key without tls', expected, example: 'tls: {}' }];
}

function timingRules(value: unknown): RuleFault[] {
  const written = valueAt(value, ['timings']);
  const { request, lease, settle } = effectiveTimings(written);
  const development = valueAt(value, ['development']) === true;
  const tooShort = (key: string, found: number, expected: string): RuleFault => ({
    path: ['timings', key],
    found: String(found),
    expected,
  });
  const leastRequest = development ? 0 : leastTimings.requestTimeoutSeconds;
  const leastLease = development ? 0 : leastTimings.pairLeaseSeconds;
  const leastSettle = development ? request : leastSettling(request, lease);
  return [
    ...(request < leastRequest
      ? [tooShort('request_timeout_seconds', request, `at least ${leastRequest}`)]
      : []),
    ...(lease < leastLease || lease <= request
      ? [
          tooShort(
            'pair_lease_seconds',
            lease,
            `at least ${leastLease} and more than request_timeout_seconds`,
          ),
        ]
      : []),
    ...(settle < leastSettle
      ? [
          tooShort(
            'settle_seconds',
            settle,
            `at least ${leastSettle}, from request_timeout_seconds ${request} and pair_lease_seconds ${lease}`,
          ),
        ]
      : []),
  ];
}

/** Two listeners cannot share a port; 0 means any free one. */
function listenerRule(value: unknown): RuleFault[] {
  const taken = new Set<unknown>();
  return Object.entries(defaultPorts).flatMap(([name, fallback]) => {
    const port = valueAt(value, ['listeners', name, 'port']) ?? fallback;
    const repeated = taken.has(port) && port !== 0;
    taken.add(port);
    const path = ['listeners', name, 'port'];
    return repeated
      ? [
          {
            path,
            found: `${fallback === port ? 'the default ' : ''}port of another listener`,
            expected: 'a port of its own',
          },
        ]
      : [];
  });
}
