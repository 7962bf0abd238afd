/** Going live, as `host` does with a file and with messages: under which key, what is said of it, and until when. */
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import { HostPeer, type HostPeerOptions } from '../peer/host-peer.ts';
import { streamLink } from '../peer/supernode-address.ts';
import { Exit, type PeerFlags, untilTold } from './peer-options.ts';

type Stream = Pick<HostPeerOptions, 'title' | 'delivery' | 'bitsPerSecond' | 'onEvent'>;

export class LiveStream {
  readonly host: HostPeer;
  /** Resolves when the stream is to end: at a signal, when the time is over, or when it was stopped from elsewhere. */
  readonly told: Promise<void>;
  readonly #end: () => void;
  #failed = false;

  /** Says the link to people, and with `--json` to programs. Rejects as {@link HostPeer.open} does. */
  static async open(flags: PeerFlags, stream: Stream): Promise<LiveStream> {
    const { told, end } = untilTold(flags.seconds);
    let live: LiveStream | undefined;
    const host = await HostPeer.open({
      supernodes: flags.supernodes,
      keyFile: flags.key,
      slots: flags.slots,
      stripes: flags.stripes,
      bindAddress: flags.bind,
      ...stream,
      onEnd: ({ message }) => live?.fail(message),
    });
    live = new LiveStream(host, told, end);
    const link = streamLink(host.stream, flags.supernodes);
    console.error(`Live: ${link}`);
    if (flags.key === undefined)
      console.error('The link is good until this ends. With --key <file> it stays the same next time.');
    if (flags.json) console.log(JSON.stringify({ event: 'live', link, stream: host.stream }));
    return live;
  }

  private constructor(host: HostPeer, told: Promise<void>, end: () => void) {
    this.host = host;
    this.told = told;
    this.#end = end;
  }

  /** It ends because it has to. */
  fail(message: string): void {
    console.error(message);
    this.#failed = true;
    this.#end();
  }

  /** Whether it ended because it had to. */
  get failed(): boolean {
    return this.#failed;
  }

  get exit(): Exit {
    return this.#failed ? Exit.failed : Exit.done;
  }

  /** Others in the stream. */
  get members(): number {
    const { host } = this;
    const others = host
      .snapshot()
      ?.members.filter(({ stream, role }) => stream === host.stream && role !== Role.host);
    return others?.length ?? 0;
  }

  /** Resolves after that time, or when the stream is to end. */
  async linger(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([this.told, over]);
    clearTimeout(timer);
  }

  async stop(): Promise<void> {
    this.#end();
    await this.host.stop();
  }
}
