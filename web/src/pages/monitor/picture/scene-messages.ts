/** What the page and the worker that draws the network tell each other. Lengths are CSS pixels unless they say otherwise. */
import type { PictureChange, ShortName } from '@murmuration/shared/monitor/feed-messages.ts';

/** What part of the picture is looked at: its middle, in units of the picture, and pixels a unit. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface SceneStyle {
  /** By subnetwork. */
  readonly colours: ReadonlyMap<ShortName, string>;
  /** Of nodes in no subnetwork. */
  readonly other: string;
  /** Supernodes. */
  readonly ink: string;
  /** Links between subnetworks. */
  readonly bridge: string;
  /** The ground, around hosts and supernodes. */
  readonly ground: string;
  /** Of the links inside subnetworks, 0 to 1. */
  readonly linkOpacity: number;
  /** Nothing moves by itself: people who want it so see only where everything came to rest. */
  readonly isStill: boolean;
}

export type ToScene =
  | { readonly type: 'change'; readonly change: PictureChange }
  | { readonly type: 'replace'; readonly change: PictureChange }
  | { readonly type: 'style'; readonly style: SceneStyle }
  /** One subnetwork stands out; undefined: none. */
  | { readonly type: 'focus'; readonly name: ShortName | undefined }
  /** Draw what this camera sees on so many pixels. `ratio`: device pixels a pixel. */
  | {
      readonly type: 'draw';
      readonly camera: Camera;
      readonly width: number;
      readonly height: number;
      readonly ratio: number;
    }
  /** The last frame is on the screen. */
  | { readonly type: 'shown' };

export interface FlockPlace {
  readonly name: string | undefined;
  readonly members: number;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** Where everything is; told when something has moved. */
export interface Places {
  readonly handles: Uint32Array;
  /** Two for each handle. */
  readonly positions: Float32Array;
  readonly flocks: readonly FlockPlace[];
}

export interface FrameFromScene {
  readonly bitmap: ImageBitmap;
  readonly camera: Camera;
  readonly width: number;
  readonly height: number;
  readonly places: Places | undefined;
  /** How long the drawing took, ms. */
  readonly tookMs: number;
}
