import { existsSync } from 'node:fs';
import path from 'node:path';
import { loadRuntimeSettings, type RuntimeSettings } from '../config/runtime-settings';
import { SsakvError } from '../domain/errors/ssakv-error';

/** Where a command was told to look. */
export interface SettingsLocation {
  readonly config?: string;
}

const usualPlaces = ['ssakv.yaml', path.join('.ssakv', 'config', 'ssakv.yaml')];

/** Where ssakv.yaml is: --config, SSAKV_CONFIG, ./ssakv.yaml, ./.ssakv/config/ssakv.yaml. Throws SettingsNotFound. */
function findSettingsFile(options: SettingsLocation): string {
  const named = options.config ?? process.env['SSAKV_CONFIG'];
  const file = named ?? usualPlaces.find((place) => existsSync(place));
  if (file !== undefined && existsSync(file)) return path.resolve(file);
  throw new SsakvError('SettingsNotFound', named === undefined ? {} : { detail: `The path is ${named}.` });
}

/** The settings of this installation. Throws SettingsNotFound, ConfigurationInvalid. */
export function loadSettings(options: SettingsLocation): RuntimeSettings {
  return loadRuntimeSettings(findSettingsFile(options));
}
