/**
 * Encoded pictures in, painted ones out, each when it is due: decoder → queue → canvas. It runs in a worker, because a page that is busy, as
 * one that joins is, stands still for half a second at a time. When things are due the page says, whose clock is that of the sound, too.
 * While nobody looks nothing is decoded, and the newest key picture with what follows it is kept to begin with again.
 */
import { mediaLimits } from '@murmuration/shared/media/media-limits.ts';
import { PaintAlarm, type PaintAlarmPorts, REFRESH_HALF_MS } from './paint-alarm.ts';
import { PaintMeter } from './paint-meter.ts';
import type { Decoded, PictureFigures, PictureOrder, PictureTelling } from './picture-messages.ts';
import { PicturePainter } from './picture-painter.ts';
import { PictureQueue } from './picture-queue.ts';
import { SlowMotion } from './slow-motion.ts';
import { type DecodedPicture, VideoTrack, type VideoTrackCalls } from './video-track.ts';

/** A waiting picture this late is given up as soon as there is a newer key picture. */
const HOPELESS_MS = 500;
/** Of pictures that the page was given, so many may be unpainted: a page that is busy is not given more, and hardware decoders have few. */
const SHOWN_MAX = 4;

/** The page is told of so many at the latest. */
const UNTOLD_MAX = 8;

/** What is used of the decoder. */
export type PictureSource = Pick<VideoTrack, 'push' | 'gap' | 'restart' | 'pump' | 'setIdle' | 'dropped'>;

export class PicturePlayer {
  readonly #ports: PaintAlarmPorts;
  readonly #tell: (telling: PictureTelling, transfer?: Transferable[]) => void;
  readonly #pictures = new PictureQueue<DecodedPicture>();
  readonly #alarm: PaintAlarm;
  readonly #meter = new PaintMeter();
  readonly #slowMotion = new SlowMotion();
  readonly #video: PictureSource;
  /** Undefined until the page has said where pictures go. */
  #screen: PicturePainter | 'page' | undefined;
  /** Pictures that the page was given to paint, and has not said that it did. */
  #shown: DecodedPicture[] = [];
  #offsetMs: number | undefined;
  #decoded = 0;
  /** Pictures that are in time, of which the page was not told. */
  #untold: Decoded[] = [];

  /** @param ports count in ms since 1970 */
  constructor(
    ports: PaintAlarmPorts,
    tell: (telling: PictureTelling, transfer?: Transferable[]) => void,
    sourceFor = (calls: VideoTrackCalls): PictureSource => new VideoTrack(calls),
  ) {
    this.#ports = ports;
    this.#tell = tell;
    this.#alarm = new PaintAlarm(ports, () => this.#ring());
    this.#video = sourceFor({
      onPlayable: () => tell({ type: 'playable' }),
      onPicture: (picture) => this.#onPicture(picture),
      onTrouble: (trouble) => tell({ type: 'trouble', trouble }),
      hasRoom: () => this.#pictures.length < mediaLimits.decodedPicturesMax,
      isHopeless: (ptsUs) => this.#isDue(ptsUs, this.#ports.now() - HOPELESS_MS),
    });
  }

  obey(order: PictureOrder): void {
    switch (order.type) {
      case 'packet':
        if (order.restart) this.#restart();
        this.#slowMotion.came(this.#ports.now());
        this.#video.push(order.packet, order.config);
        this.#paintIfStuck();
        break;
      case 'due':
        this.#offsetMs = order.offsetMs;
        this.#slowMotion.due(order.offsetMs);
        this.#requestPaint();
        break;
      case 'sound':
        this.#slowMotion.allow(!order.isHeard);
        this.#requestPaint();
        break;
      case 'gap':
        this.#video.gap();
        break;
      case 'idle':
        this.#pictures.clear();
        this.#shown = [];
        this.#untold = [];
        this.#meter.rest();
        this.#slowMotion.restart();
        this.#video.setIdle(order.idle);
        break;
      case 'screen':
        this.#screen = order.canvas ? new PicturePainter(order.canvas, true) : 'page';
        this.#paintFirst();
        this.#requestPaint();
        break;
      case 'shown':
        this.#wasShown(order.ptsUs, order.atMs);
        break;
      case 'paint':
        if (this.#screen instanceof PicturePainter)
          this.#screen.paint(order.frame, order.quarterTurns, () => undefined);
        else order.frame.close();
        break;
    }
  }

  #restart(): void {
    this.#pictures.clear();
    this.#untold = [];
    this.#slowMotion.restart();
    this.#video.restart();
  }

  #onPicture(picture: DecodedPicture): void {
    this.#decoded++;
    const nowMs = this.#ports.now();
    // For the clock, which knows of no slow motion.
    const isLate = this.#isDue(picture.ptsUs, nowMs + this.#slowMotion.behindMs);
    // What is late is late for whatever reason; what is not may only have waited for room.
    this.#untold.push({ readyMs: isLate ? nowMs : picture.readyMs, ptsUs: picture.ptsUs });
    if (isLate || this.#untold.length >= UNTOLD_MAX)
      this.#tell({ type: 'decoded', decoded: this.#untold.splice(0), figures: this.#figures() });
    this.#pictures.add(picture);
    this.#paintFirst();
    this.#pictures.dropOvertaken((ptsUs) => this.#isDue(ptsUs, nowMs));
    this.#paintIfStuck();
    this.#requestPaint();
  }

  /** It does not wait for its time. */
  #paintFirst(): void {
    if (this.#meter.count > 0 || this.#shown.length > 0) return;
    const { firstUs } = this.#pictures;
    const nowMs = this.#ports.now();
    this.#paint((ptsUs) => ptsUs === firstUs || this.#isDue(ptsUs, nowMs));
  }

  #requestPaint(): void {
    const firstUs = this.#pictures.firstUs;
    const dueMs = firstUs === undefined ? undefined : this.#dueMs(firstUs);
    if (dueMs !== undefined && this.#mayPaint) this.#alarm.set(dueMs);
  }

  #ring(): void {
    const nowMs = this.#ports.now();
    this.#paint((ptsUs) => this.#isDue(ptsUs, nowMs + REFRESH_HALF_MS));
    this.#requestPaint();
  }

  /** Where timers are slowed down, as in a hidden page, pictures are painted as they are decoded. */
  #paintIfStuck(): void {
    const nowMs = this.#ports.now();
    if (this.#alarm.isStuck(nowMs)) this.#paint((ptsUs) => this.#isDue(ptsUs, nowMs));
  }

  /** Undefined before the page has said when anything is. */
  #dueMs(ptsUs: number): number | undefined {
    return this.#offsetMs === undefined
      ? undefined
      : ptsUs / 1_000 + this.#offsetMs + this.#slowMotion.behindMs;
  }

  #isDue(ptsUs: number, nowMs: number): boolean {
    const dueMs = this.#dueMs(ptsUs);
    return dueMs !== undefined && dueMs <= nowMs;
  }

  get #mayPaint(): boolean {
    return this.#screen !== undefined && this.#shown.length < SHOWN_MAX;
  }

  #paint(isDue: (ptsUs: number) => boolean): void {
    const screen = this.#screen;
    const picture = this.#mayPaint ? this.#pictures.takeDue(isDue) : undefined;
    if (!screen || !picture) return;
    const { frame, quarterTurns, durationUs } = picture;
    this.#slowMotion.shown(this.#ports.now(), durationUs / 1_000);
    if (screen === 'page') {
      this.#shown.push(picture);
      this.#tell({ type: 'show', frame, quarterTurns, ptsUs: picture.ptsUs }, [frame]);
    } else screen.paint(frame, quarterTurns, () => this.#wasPainted(picture, this.#ports.now()));
  }

  /** The page passes over those that were overtaken while it had no time. */
  #wasShown(ptsUs: number, atMs: number): void {
    const at = this.#shown.findIndex((picture) => picture.ptsUs === ptsUs);
    const picture = this.#shown[at];
    if (!picture) return;
    this.#shown.splice(0, at + 1);
    this.#wasPainted(picture, atMs);
    this.#requestPaint();
  }

  #wasPainted(picture: DecodedPicture, nowMs: number): void {
    const { ptsUs, durationUs, capturedAtMs } = picture;
    // The first one came before its time, and is meant to stand until then, too.
    const earlyMs = Math.max(0, (this.#dueMs(ptsUs) ?? nowMs) - nowMs);
    const durationMs = earlyMs + durationUs / 1_000;
    this.#meter.painted({ nowMs, durationMs, sinceCaptureMs: nowMs - capturedAtMs });
    const decoded = this.#untold.splice(0);
    this.#tell({ type: 'painted', atMs: nowMs, decoded, figures: this.#figures() });
    this.#video.pump();
  }

  #figures(): PictureFigures {
    return {
      painted: this.#meter.count,
      decoded: this.#decoded,
      droppedLate: this.#pictures.dropped + this.#video.dropped,
      stalls: this.#meter.stalls,
      captureToPaintMs: this.#meter.sinceCaptureMs,
    };
  }
}
