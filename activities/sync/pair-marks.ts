import type { InstallationKeys } from '../../domain/installation-keys';
import { readMark, type MarkReading, type MarkSubject } from '../../domain/ownership-marks';
import { hostOf, operationMarkTag, type Tags } from '../../domain/tags';
import type { Pair } from '../../ledger/pairs';

type MarkedPair = Pick<Pair, 'vaultUrl' | 'externalName' | 'secretId' | 'connector'>;

/** What a mark on a pair's external secret binds; written and read by the same rule. */
export function markSubject({ vaultUrl, externalName, secretId, connector }: MarkedPair): MarkSubject {
  return { vaultHost: hostOf(vaultUrl), externalName, secretId, connector };
}

/** What the mark among these tags says of a pair's external secret. */
export function markOf(keys: InstallationKeys, pair: MarkedPair, tags: Tags): MarkReading {
  return readMark(keys.mark, markSubject(pair), keys.installationId, tags[operationMarkTag]);
}
