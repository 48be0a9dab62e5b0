import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkAllowed } from '../config/allow-lists';
import { loadConnector } from '../config/connector-files';
import { loadRuntimeSettings } from '../config/runtime-settings';
import { refusalOf } from './support/configuration-texts';

const examples = path.join(__dirname, '..', 'examples');
const example = (name: string): string => path.join(examples, name);

describe('the example files', () => {
  test('load, and the allow-lists of one let the others pass', () => {
    const settings = loadConnector(example('connector.json'));
    const runtime = loadRuntimeSettings(example('ssakv.yaml'));
    expect(() => checkAllowed(settings, runtime.allow)).not.toThrow();
  });

  test('are read from beside the connector: maps, throttle file and servers', () => {
    const settings = loadConnector(example('connector.json'));
    expect(settings.templateMaps[0]?.ssTemplate).toBe('Oracle Service Account');
    expect(settings.throttle.burstCapacity).toEqual({ value: 500, source: 'file' });
    expect(settings.secretServer).toMatchObject({ name: 'main', username: 'EXAMPLE\\svc-ssakv' });
    expect(settings.syncRules).toEqual([{ folder: 'Production', includeSubfolders: true }]);
  });

  test('name a file of secrets by its path alone', () => {
    const { baseDirectory, installation } = loadRuntimeSettings(example('ssakv.yaml'));
    expect(baseDirectory).toBe(examples);
    expect(installation.key).toEqual({ kind: 'file', path: 'credentials/installation.key' });
  });
});

describe('the files of a connector', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ssakv-configuration-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('may stand elsewhere when they are named', () => {
    const throttleFile = path.join(folder, 'slow.ini');
    writeFileSync(throttleFile, '\uFEFF[sync_batching]\r\ndelta_page_size = 5\r\n');
    const settings = loadConnector(example('connector.json'), { throttleFile });
    expect(settings.throttle.deltaPageSize).toEqual({ value: 5, source: 'file' });
    expect(settings.templateMaps[0]?.origin).toBe('file');
  });

  test('are refused by name when one that is needed is missing', () => {
    const missing = path.join(folder, 'nowhere.ini');
    const error = refusalOf(() => loadConnector(example('connector.json'), { throttleFile: missing }));
    expect(error.code).toBe('ConfigurationFileUnreadable');
    expect(error.message).toContain(missing);
    expect(refusalOf(() => loadRuntimeSettings(folder)).code).toBe('ConfigurationFileUnreadable');
    expect(refusalOf(() => loadConnector(path.join(folder, 'connector.json'))).message).toContain(
      'connector.json',
    );
  });

  test('are refused when one is absurdly large', () => {
    const file = path.join(folder, 'ssakv.yaml');
    writeFileSync(file, '#'.repeat(1_048_577));
    expect(refusalOf(() => loadRuntimeSettings(file)).message).toContain('larger than 1048576 bytes');
  });
});
