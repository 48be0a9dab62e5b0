import type { Client } from '@temporalio/client';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { asTemporalError } from '../../workers/temporal-error';

/** What runs can be found by. All of the type Keyword; never encrypted, so they hold names and states only. */
export const searchAttributes = ['SsakvConnector', 'SsakvSecret', 'SsakvState', 'SsakvReason'] as const;

/** Source: temporal/api/enums/v1/common.proto, INDEXED_VALUE_TYPE_KEYWORD. */
const keywordType = 2;

/** The names of ours that the namespace lacks. Throws SsakvError TemporalUnreachable, TemporalRefused, NamespaceMissing. */
export async function missingSearchAttributes(client: Client, namespace: string): Promise<readonly string[]> {
  const { customAttributes } = await client.connection.operatorService
    .listSearchAttributes({ namespace })
    .catch(asTemporalError);
  return searchAttributes.filter((name) => Number(customAttributes[name]) !== keywordType);
}

/**
 * Registers our search attributes where they are missing.
 *
 * @returns the names that were added
 * @throws SsakvError TemporalUnreachable, TemporalRefused, NamespaceMissing, SearchAttributesMissing
 */
export async function ensureSearchAttributes(client: Client, namespace: string): Promise<readonly string[]> {
  const missing = await missingSearchAttributes(client, namespace);
  if (missing.length === 0) return [];
  const wanted = Object.fromEntries(missing.map((name) => [name, keywordType]));
  await client.connection.operatorService
    .addSearchAttributes({ namespace, searchAttributes: wanted })
    .catch(asTemporalError);
  const stillMissing = await missingSearchAttributes(client, namespace);
  if (stillMissing.length > 0)
    throw new SsakvError('SearchAttributesMissing', { detail: `Missing: ${stillMissing.join(', ')}.` });
  return missing;
}
