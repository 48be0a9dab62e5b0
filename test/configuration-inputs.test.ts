import {
  parseActivateConnectorInput,
  parseSyncCycleInput,
  parseSyncSecretsInput,
  parseTestConnectionInput,
} from '../config/workflow-inputs';
import { refusalOf } from './support/configuration-texts';

describe('the input of a workflow', () => {
  test.each([undefined, null, {}])('may be %j where the connector may be left out', (raw) => {
    expect(parseTestConnectionInput(raw)).toEqual({});
    expect(parseActivateConnectorInput(raw)).toEqual({});
    expect(parseSyncCycleInput(raw)).toEqual({ dryRun: false });
  });

  test('names a connector and whether to write', () => {
    expect(parseSyncCycleInput({ connector: 'akv-prod-eastus', dryRun: true })).toEqual({
      connector: 'akv-prod-eastus',
      dryRun: true,
    });
  });

  test('names each secret once', () => {
    expect(parseSyncSecretsInput({ secretIds: [4821, 4822, 4821] })).toEqual({
      secretIds: [4821, 4822],
      dryRun: false,
    });
  });

  const tooMany = { secretIds: Array.from({ length: 1001 }, (_, index) => index + 1) };
  test.each<[(raw: unknown) => unknown, unknown, string[]]>([
    [
      parseSyncCycleInput,
      { conector: 'a' },
      ['Field `conector`', 'the field `connector`', 'syncCycle: {"connector": "akv-prod-eastus"'],
    ],
    [parseSyncCycleInput, { path: '/etc/passwd' }, ['Field `path`', 'one of connector, dryRun']],
    [parseSyncCycleInput, { connector: 7 }, ['Field `connector`: found 7', 'displayName']],
    [parseSyncCycleInput, { connector: '../a' }, ['Field `connector`: found "../a"']],
    [parseSyncCycleInput, { dryRun: 'yes' }, ['Field `dryRun`: found "yes"', 'true or false']],
    [parseSyncCycleInput, { connector: '', dryRun: 1 }, ['an empty text', 'Field `dryRun`: found 1']],
    [parseSyncCycleInput, 'akv-prod-eastus', ['as the input', 'one JSON object']],
    [parseSyncCycleInput, [{}], ['Found a list of 1 as the input']],
    [
      parseTestConnectionInput,
      { dryRun: true },
      ['Field `dryRun`', 'testConnection: {"connector": "akv-prod-eastus"}'],
    ],
    [
      parseActivateConnectorInput,
      { connector: 'a b' },
      ['Field `connector`: found "a b"', 'activateConnector'],
    ],
    [parseSyncSecretsInput, undefined, ['Field `secretIds`: found nothing', '"secretIds": [4821, 4822]']],
    [parseSyncSecretsInput, { secretIds: [] }, ['a list of 0', 'a list of 1 to 1000']],
    [parseSyncSecretsInput, tooMany, ['a list of 1001', 'a list of 1 to 1000']],
    [
      parseSyncSecretsInput,
      { secretIds: [1, '2'] },
      ['Field `secretIds[1]`: found "2"', 'a whole number from 1'],
    ],
    [parseSyncSecretsInput, { secretIds: 4821 }, ['Field `secretIds`: found 4821']],
  ])('is refused readably by %p with %j', (parse, raw, parts) => {
    const error = refusalOf(() => parse(raw));
    expect(error.code).toBe('InvalidInput');
    expect(error.retryable).toBe(false);
    for (const part of parts) expect(error.message).toContain(part);
  });
});
