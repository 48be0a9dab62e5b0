import type { Command } from 'commander';
import { listPairs, type PairListing } from '../../ledger/pair-listing';
import { problemReason } from '../../domain/problem-reason';
import { SsakvError } from '../../domain/errors/ssakv-error';
import { action, type Invocation } from './action';
import { table } from './output';
import { readCount } from './read-count';
import { withSession } from '../session';

interface ListOptions {
  readonly connector?: string;
  readonly limit: string;
  readonly after: string;
}

/** `ssakv secret …`: the pairs of the ledger. Never a value. */
export function addSecretCommands(program: Command): void {
  const secret = program
    .command('secret')
    .description('see which secrets are kept in step (never their values)');
  secret
    .command('list')
    .description('list pairs of a secret and an external secret')
    .option('--connector <name>', 'only those of this connector')
    .option('--limit <number>', 'at most so many', '100')
    .option('--after <pair>', 'those after this pair number', '0')
    .action(action<ListOptions>(list));
  secret
    .command('show <secret>')
    .description('show one pair, by the number in Secret Server or the external name')
    .option('--connector <name>', 'the connector, where there are several')
    .addHelpText('after', '\nExamples:\n  $ ssakv secret show 12\n  $ ssakv secret show ss-prod-12 --json')
    .action(action<{ readonly connector?: string }>(show));
}

async function list({ options, output }: Invocation<ListOptions>): Promise<void> {
  const [limit, after] = [readCount('--limit', options.limit), readCount('--after', options.after)];
  await withSession(options, async (session) => {
    const filter = options.connector === undefined ? {} : { connector: options.connector };
    const pairs = await listPairs(await session.ledger(), filter, after, limit);
    const rows = pairs.map((listing) => [
      String(listing.pair.id),
      String(listing.pair.secretId),
      listing.pair.externalName,
      String(listing.pair.syncVersion),
      stateOf(listing),
      placeOf(listing),
    ]);
    const heading = ['PAIR', 'SECRET', 'EXTERNAL NAME', 'VERSION', 'STATE', 'IN SECRET SERVER'];
    output.result({ pairs: pairs.map(withoutFingerprints) }, table(heading, rows));
  });
}

async function show({
  options,
  output,
  arguments: [named = ''],
}: Invocation<{ connector?: string }>): Promise<void> {
  await withSession(options, async (session) => {
    const filter = {
      ...(options.connector !== undefined && { connector: options.connector }),
      ...(/^\d+$/.test(named) ? { secretId: Number(named) } : { externalName: named }),
    };
    const [found] = await listPairs(await session.ledger(), filter, 0, 1);
    if (found === undefined)
      throw new SsakvError('PairUnknown', { detail: `Asked for: ${JSON.stringify(named)}.` });
    output.result(withoutFingerprints(found), describe(found));
  });
}

/** What the newest cycle could not do comes first: a value that was written once may be old by now. */
function stateOf({ pair, intentOpen, problem }: PairListing): string {
  if (intentOpen) return 'writing';
  if (problem !== undefined) return `${problem.state}: ${problem.code}`;
  return pair.base === undefined ? 'not written yet' : 'in step';
}

function placeOf({ folderPath, secretName }: PairListing): string {
  return `${folderPath ?? '?'}/${secretName ?? '?'}`;
}

function describe(listing: PairListing): string {
  const { pair, lastReadAt, intentOpen, problem } = listing;
  const rows: [string, string][] = [
    ['Connector', pair.connector],
    ['State', stateOf(listing)],
    ...(problem === undefined
      ? []
      : [['Why', problemReason(problem.code, problem.detail)] satisfies [string, string]]),
    ['Secret', `${pair.secretId} (${placeOf(listing)}, template ${pair.ssTemplate})`],
    ['External secret', `${pair.vaultUrl}/secrets/${pair.externalName}`],
    ['Sync version', String(pair.syncVersion)],
    ['Key Vault version', pair.base?.keyVaultVersion ?? 'never written'],
    ['Mapped keys', Object.keys(pair.base?.fingerprints ?? {}).join(', ') || 'none yet'],
    ['Last read', lastReadAt?.toISOString() ?? 'never'],
    ['Write under way', intentOpen ? 'yes' : 'no'],
  ];
  return rows.map(([name, text]) => `${name.padEnd(18)} ${text}`).join('\n');
}

/** Fingerprints say whether two values of one pair are equal; nobody outside the ledger needs them. */
function withoutFingerprints(listing: PairListing): object {
  const { fingerprints, ...base } = listing.pair.base ?? { fingerprints: {} };
  return { ...listing, pair: { ...listing.pair, base: { ...base, mappedKeys: Object.keys(fingerprints) } } };
}
