import { Context } from '@temporalio/activity';
import { listFolders } from '../../adapters/secret-server/folders';
import { readSummary, type SecretSummary } from '../../adapters/secret-server/summaries';
import type { ErrorCode } from '../../domain/errors/catalogue';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { isGoverned } from '../../domain/governed-folders';
import { externalName } from '../../domain/names';
import { recordDecisions } from '../../ledger/decisions';
import { findMovedPairs, type MovedPair } from '../../ledger/moved-pairs';
import { followTemplates, getPairs } from '../../ledger/pairs';
import type { SecretRow } from '../../ledger/scans';
import { boundedParallel } from './bounded-parallel';
import { decidePair } from './decide-pair';
import type { PlanContext } from './plan-context';
import type { LookedAt } from './record-plan';
import { registerPairs, unpairedRow } from './register-pairs';
import { secretRowOf } from './secret-rows';

/**
 * Looks at the named secrets: a summary each, and the newest version of each external secret. No LIST, so nothing is
 * concluded absent from one. A secret that the connector does not govern becomes a row with the reason.
 */
export async function planTargets(
  context: PlanContext,
  secretIds: readonly number[],
  atOnce: number,
): Promise<readonly LookedAt[]> {
  const { services, settings } = context;
  const signal = Context.current().cancellationSignal;
  const found = await findSecrets(context, secretIds, atOnce);
  const paired = new Set(
    (await getPairs(services.db, settings.displayName, [...found.keys()])).map((pair) => pair.secretId),
  );
  await registerPairs(
    context,
    [...found.values()].filter((secret) => !paired.has(secret.secretId)),
  );
  await followTemplates(services.db, settings.displayName, [...found.values()]);
  const moved = await movedPairs(context, found);
  return await boundedParallel(moved, atOnce, async (each) => {
    signal.throwIfAborted();
    return { moved: each, plan: await decidePair(context, each, true) };
  });
}

async function findSecrets(
  context: PlanContext,
  secretIds: readonly number[],
  atOnce: number,
): Promise<ReadonlyMap<number, SecretRow>> {
  const found = new Map<number, SecretRow>();
  const pathOf = folderPaths(context);
  await boundedParallel([...new Set(secretIds)], atOnce, async (secretId) => {
    const answer = await context.secretServerFailures.ofOneSecret(() =>
      readSummary(context.connections.secretServer, secretId),
    );
    if (answer instanceof SsakvError) return await refuse(context, secretId, answer.code);
    if (answer.kind === 'accessDenied') return await refuse(context, secretId, 'SecretAccessDenied');
    const row = secretRowOf(context.settings, answer.summary, await pathOf(answer.summary));
    const governed = row.active && isGoverned(context.settings.syncRules, row.folderPath);
    if (!governed) return await refuse(context, secretId, 'SecretNotGoverned');
    found.set(secretId, row);
  });
  return found;
}

/** The folder of a summary; the list of folders is read only for servers before 11.7, and once. */
function folderPaths(context: PlanContext): (summary: SecretSummary) => Promise<string> {
  let listing: Promise<ReadonlyMap<number, string>> | undefined;
  const list = async (): Promise<ReadonlyMap<number, string>> => {
    const folders = await listFolders(context.connections.secretServer);
    return new Map(folders.map(({ id, path }) => [id, path]));
  };
  return async ({ folderPath, folderId }) => {
    if (folderPath !== undefined) return folderPath;
    listing ??= list();
    return (await listing).get(folderId) ?? '';
  };
}

async function refuse(context: PlanContext, secretId: number, code: ErrorCode): Promise<void> {
  const { services, settings, cycleId } = context;
  const [pair] = await getPairs(services.db, settings.displayName, [secretId]);
  const { name } = externalName(settings.externalSecretPrefix, secretId);
  const outcome = { decision: 'fail', code, detail: undefined, state: 'failed' } as const;
  await recordDecisions(services.db, cycleId, [unpairedRow(secretId, pair?.externalName ?? name, outcome)]);
}

async function movedPairs(
  context: PlanContext,
  found: ReadonlyMap<number, SecretRow>,
): Promise<readonly MovedPair[]> {
  const search = {
    connector: context.settings.displayName,
    secretServerGeneration: undefined,
    keyVaultGeneration: undefined,
    scanStartedAt: new Date(0),
    everything: true,
    rereadLimit: 0,
    rereadBefore: new Date(0),
    sourceSecretIds: [...found.keys()],
  };
  const moved = await findMovedPairs(context.services.db, search, 0, found.size);
  return moved.map((each) => ({ ...each, secret: found.get(each.pair.secretId), external: undefined }));
}
