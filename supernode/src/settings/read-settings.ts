/** Settings from flags, then the environment, then a file, then defaults; with all that is wrong, not only the first of it. */
import { type Option, ValueError } from './option.ts';
import {
  defaultSettings,
  flagOf,
  type OptionName,
  optionNames,
  options,
  type Settings,
  variableOf,
} from './options.ts';

/** Settings that make no sense. Each line of `message` names one and says what it takes. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** Where a setting comes from, as people name it: `--port`, `PORT`, a file; undefined for a default. */
export type Sources = { readonly [Name in OptionName]?: string };

export interface Given {
  /** By flag, without its dashes. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What a file says: its name and its words (JSON). */
  readonly file?: { readonly name: string; readonly text: string } | undefined;
}

/** Throws {@link SettingsError}. */
export function readSettings({ flags, environment, file }: Given): { settings: Settings; sources: Sources } {
  const problems: string[] = [];
  const fromFile = file === undefined ? {} : readFileObject(file, problems);
  const settings: Record<string, unknown> = { ...defaultSettings };
  const sources: { [Name in OptionName]?: string } = {};
  for (const name of optionNames) {
    const flag = flagOf(name);
    const variable = variableOf(name);
    const given = firstGiven([
      [flags[flag], `--${flag}`],
      [environment[variable] || undefined, variable],
      [fromFile[flag], `“${flag}” in ${file?.name}`],
    ]);
    if (given === undefined) continue;
    const [value, where] = given;
    const option: Option<unknown> = options[name];
    try {
      settings[name] = option.read(value);
      sources[name] = where;
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      problems.push(`${where} ${error.message}`);
    }
  }
  const read = settings as unknown as Settings;
  if (problems.length === 0) problems.push(...contradictions(read));
  if (problems.length > 0) throw new SettingsError(problems.join('\n'));
  return { settings: read, sources };
}

const firstGiven = (all: readonly [unknown, string][]): [unknown, string] | undefined =>
  all.find(([value]) => value !== undefined);

function readFileObject(
  { name, text }: { name: string; text: string },
  problems: string[],
): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    problems.push(`${name} is no JSON: ${(error as Error).message}`);
    return {};
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    problems.push(`${name} must hold one JSON object, with the names of flags as keys.`);
    return {};
  }
  const known = new Set(optionNames.map(flagOf));
  for (const key of Object.keys(parsed)) {
    if (!known.has(key))
      problems.push(`“${key}” in ${name} is no setting. “config print” shows all of them.`);
  }
  return parsed as Record<string, unknown>;
}

/** What is right by itself but does not go together. */
function contradictions(settings: Settings): string[] {
  const { tlsCert, tlsKey, iceServer, turnSecretFile, port, metricsPort } = settings;
  const found: string[] = [];
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    found.push('--tls-cert and --tls-key go together: name both files, or neither.');
  if (settings.tlsSelfSigned && (tlsCert !== undefined || tlsKey !== undefined))
    found.push(
      '--tls-self-signed is for those who have no certificate: leave it out, or --tls-cert and --tls-key.',
    );
  const needsSecret = iceServer.some((url) => /^turns?:/.test(url));
  if (needsSecret && turnSecretFile === undefined)
    found.push(
      'A TURN server in --ice-server needs --turn-secret-file: clients get credentials that expire.',
    );
  if (turnSecretFile !== undefined && !needsSecret)
    found.push('--turn-secret-file is for TURN servers, and --ice-server names none.');
  const { peer, peerId, dataDir, identity } = settings;
  if (peer.length + peerId.length > 0 && dataDir === undefined && identity === undefined)
    found.push(
      '--peer and --peer-id need --data-dir (or --identity): other supernodes know this one by its id, which must survive a restart.',
    );
  const ids = peer.map((each) => each.split('#')[1]);
  if (new Set(ids).size < ids.length) found.push('--peer names one supernode (one id) under two addresses.');
  if (metricsPort !== 0 && metricsPort === port)
    found.push('--metrics-port must be another port than --port: metrics are not for visitors.');
  if (settings.monitor === 'token' && settings.monitorTokenFile === undefined)
    found.push('--monitor token needs --monitor-token-file.');
  if (settings.monitor !== 'token' && settings.monitorTokenFile !== undefined)
    found.push('--monitor-token-file is for --monitor token.');
  if (settings.maxBacklogBytes < settings.maxBufferedBytes)
    found.push('--max-backlog-bytes must be at least --max-buffered-bytes.');
  if (settings.requestMs < settings.headersMs)
    found.push('--request-ms must be at least --headers-ms: a request begins with its headers.');
  return found;
}
