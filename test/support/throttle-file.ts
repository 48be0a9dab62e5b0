import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SyncWorld } from './sync-world';

/** Changes keys of the throttle file, as a person does, and applies the connector. */
export async function changeThrottle(
  world: SyncWorld,
  keys: Readonly<Record<string, string | number>>,
): Promise<void> {
  const folder = path.dirname(world.settingsFile);
  const file = path.join(folder, 'akv-throttle.ini');
  let text = readFileSync(file, 'utf8');
  for (const [key, value] of Object.entries(keys)) {
    text = text.replace(new RegExp(`^${key} = .*$`, 'm'), `${key} = ${value}`);
  }
  writeFileSync(file, text);
  const { code, stderr } = await world.cli('connector', 'apply', path.join(folder, 'connector.json'));
  if (code !== 0) throw new Error(`Applying the connector ended with ${code}: ${stderr}`);
}
