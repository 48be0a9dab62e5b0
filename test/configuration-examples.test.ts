import path from 'node:path';
import { checkAllowed } from '../config/allow-lists';
import { loadConnector } from '../config/connector-files';
import { loadRuntimeSettings } from '../config/runtime-settings';

const examples = path.join(__dirname, '..', 'examples');

test('the example files load and allow each other', () => {
  const settings = loadConnector(path.join(examples, 'connector.json'));
  const runtime = loadRuntimeSettings(path.join(examples, 'ssakv.yaml'));
  expect(() => checkAllowed(settings, runtime.allow)).not.toThrow();
});
