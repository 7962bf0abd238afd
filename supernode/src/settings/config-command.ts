/** `config print` and `config check`: what the settings are, and where they come from. */
import { flagOf, optionNames, type Settings } from './options.ts';
import type { Sources } from './read-settings.ts';

/** All settings as a file that gives them again; what has no value is left out. */
export function printedSettings(settings: Settings): string {
  const entries = optionNames
    .filter((name) => settings[name] !== undefined)
    .map((name) => [flagOf(name), settings[name]]);
  return JSON.stringify(Object.fromEntries(entries), null, 2);
}

/** What differs from the defaults, and who said so. */
export function checkedSettings(settings: Settings, sources: Sources): string {
  const lines = optionNames
    .filter((name) => sources[name] !== undefined)
    .map((name) => `  ${flagOf(name)} = ${JSON.stringify(settings[name])}, from ${sources[name]}`);
  if (lines.length === 0) return 'The settings are fine: all of them are the defaults.';
  return ['The settings are fine. Those that were given:', ...lines].join('\n');
}
