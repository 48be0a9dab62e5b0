import { configurationErrors } from './configuration';
import { cycleErrors } from './cycles';
import { entraErrors } from './entra';
import { inputErrors } from './input';
import { keyVaultErrors } from './key-vault';
import { ledgerErrors } from './ledger';
import { runtimeErrors } from './runtime';
import { secretServerErrors } from './secret-server';
import { syncErrors } from './sync';

/** Every error ssakv can report, by its stable code. The code is the `type` of the Temporal failure. */
export const catalogue = {
  ...configurationErrors,
  ...inputErrors,
  ...entraErrors,
  ...keyVaultErrors,
  ...secretServerErrors,
  ...ledgerErrors,
  ...runtimeErrors,
  ...syncErrors,
  ...cycleErrors,
} as const;

export type ErrorCode = keyof typeof catalogue;
