/** Who this supernode is: the key in its data folder, and the id that it makes, which other operators put on their lists. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type PeerId, peerIdFromBytes } from '@murmuration/shared/lib/ids.ts';
import type { Crypto } from '@murmuration/shared/node/ports.ts';
import { CommandLineError } from '../command-line.ts';
import { generateNodeIdentity, IdentityError, loadNodeIdentity } from '../node-crypto.ts';
import type { Settings } from './options.ts';

const IDENTITY_FILE = 'identity.pem';
const OWNER_ONLY = 0o700;

type Place = Pick<Settings, 'dataDir' | 'identity'>;

/** Where the key is kept; undefined: nowhere. */
export const identityFileOf = ({ identity, dataDir }: Place): string | undefined =>
  identity ?? (dataDir === undefined ? undefined : join(dataDir, IDENTITY_FILE));

/** The kept key, or a new one, which is then kept if there is a place for it. Throws {@link IdentityError}. */
export async function loadIdentity(settings: Place): Promise<{ crypto: Crypto; id: PeerId }> {
  const file = identityFileOf(settings);
  if (settings.dataDir !== undefined) await makeFolder(settings.dataDir);
  const crypto = file === undefined ? generateNodeIdentity() : await loadNodeIdentity(file);
  return { crypto, id: peerIdFromBytes(await crypto.sha256(crypto.publicKey)) };
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: OWNER_ONLY });
  } catch (error) {
    throw new IdentityError('not-written', `The folder ${folder} (--data-dir) cannot be made.`, error);
  }
}

/** What to give to other operators; the first line is the id alone. Throws `CommandLineError` if it is not kept anywhere. */
export async function identityWords(settings: Place): Promise<string> {
  const file = identityFileOf(settings);
  if (file === undefined)
    throw new CommandLineError(
      '“id” needs --data-dir (or --identity): without, the id is a new one each time.',
    );
  const { id } = await loadIdentity(settings);
  return [
    id,
    '',
    `This is the id of the supernode whose key is in ${file}. Other operators link with it by`,
    `  --peer https://<its address>#${id}`,
    'and, where it dials them, let it in by',
    `  --peer-id ${id}`,
  ].join('\n');
}
