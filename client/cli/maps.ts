import type { Command } from 'commander';
import { loadConnector } from '../../config/connector-files';
import { validateMaps } from '../validate-maps';
import { action, type Invocation } from './action';
import { exitCodes, type ExitCode } from './exit-codes';
import { table } from './output';
import { loadSettings } from '../settings-file';

/** `ssakv maps …`: template maps against the real templates. */
export function addMapsCommands(program: Command): void {
  const maps = program.command('maps').description('check template maps');
  maps
    .command('validate <connector-file>')
    .description(
      'compare the maps with the templates of Secret Server; list templates in scope without a map',
    )
    .addHelpText('after', '\nExample:\n  $ ssakv maps validate config/connector.json')
    .action(action(validate));
}

async function validate({ options, output, arguments: [file = ''] }: Invocation<object>): Promise<ExitCode> {
  const settings = loadSettings(options);
  const connector = loadConnector(file);
  output.progress.step('Reading the templates of Secret Server');
  const { problems, matched, withoutMap } = await validateMaps(connector, settings);
  output.progress.finish();
  const result = {
    problems,
    matched: matched.map(({ map, template }) => ({ template: template.name, origin: map.origin })),
    withoutMap: withoutMap.map(({ id, name }) => ({ id, name })),
  };
  const problemRows = problems.map(({ template, code, detail }) => [template, code, detail]);
  const text = [
    `${matched.length} maps have their template; ${problems.length === 0 ? 'all of them fit' : `problems: ${problems.length}`}.`,
    `Problems:\n${table(['TEMPLATE', 'CODE', 'DETAIL'], problemRows)}`,
    `Templates in scope without a map (their secrets are not synced):\n${table(
      ['TEMPLATE'],
      withoutMap.map(({ name }) => [name]),
    )}`,
  ];
  output.result(result, text.join('\n\n'));
  return problems.length + withoutMap.length === 0 ? exitCodes.ok : exitCodes.needsAttention;
}
