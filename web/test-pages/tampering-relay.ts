/**
 * A viewer with real ports and eight slots that tampers with what it passes on. Its address is a link to a stream with one more
 * parameter: `#/watch/<id>?via=<supernode>,…&after=<clean frames>`. Without `via`, the supernode is the page's origin's. With
 * `after=Infinity` it lies only once its button is pressed.
 */
import { parseStreamId } from '@murmuration/shared/lib/ids.ts';
import { PeerDriver } from '@murmuration/shared/node/peer-driver.ts';
import { defaultPeerSettings } from '@murmuration/shared/node/settings.ts';
import { PageClock } from '../src/platform/page-clock.ts';
import { PageRandom } from '../src/platform/page-random.ts';
import { createEphemeralIdentity } from '../src/platform/web-crypto.ts';
import { PageTransport } from '../src/rtc/page-transport.ts';
import { TamperingTransport } from './tampering-transport.ts';

const SLOTS = 8;
const CLEAN_FRAMES_DEFAULT = 100;
const REFRESH_MS = 100;

const [, path = '', query = ''] = /^#\/watch\/([^?]*)\??(.*)$/.exec(location.hash) ?? [];
const parameters = new URLSearchParams(query);
const via = (parameters.get('via') ?? '').split(',').filter((url) => url !== '');
const stream = parseStreamId(path);
const after = parameters.get('after') ?? new URLSearchParams(location.search).get('after');

function show(name: string, value: string | number): void {
  const place = document.querySelector(`[data-testid=${name}]`);
  if (place) place.textContent = String(value);
}

async function run(): Promise<void> {
  if (!stream) throw new Error('the address names no stream: …#/watch/<id>');
  const clock = new PageClock();
  const crypto = await createEphemeralIdentity();
  const transport = new TamperingTransport(
    new PageTransport({ clock, crypto }),
    after === null ? CLEAN_FRAMES_DEFAULT : Number(after),
  );
  const driver = new PeerDriver(
    { transport, clock, crypto, random: new PageRandom() },
    {
      ...defaultPeerSettings,
      role: 'viewer',
      stream,
      supernodes: via.length > 0 ? via : [`${location.origin.replace(/^http/, 'ws')}/link`],
      slots: SLOTS,
    },
  );
  document.querySelector('button')?.addEventListener('click', () => transport.lieNow());
  let messages = 0;
  let linksEnded = 0;
  driver.start((event) => {
    if (event.type === 'message') messages++;
    if (event.type !== 'link-closed') return;
    linksEnded++;
    show('last-end', event.reason);
  });
  show('peer', await driver.peer);
  setInterval(() => {
    const links = driver.snapshot()?.links ?? [];
    show('messages', messages);
    show('links', links.length);
    show('children', links.filter(({ childOf }) => childOf.length > 0).length);
    show('frames-clean', transport.framesClean);
    show('frames-tampered', transport.framesTampered);
    show('links-ended', linksEnded);
  }, REFRESH_MS);
  addEventListener('pagehide', () => driver.stop());
}

run().catch((error: unknown) => show('last-end', `failed: ${error}`));
