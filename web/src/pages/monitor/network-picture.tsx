/** The picture of the network, and the hands on it: pointers, wheel and keys. What it shows is in the tables, too. */
import type { ShortName } from '@murmuration/shared/monitor/feed-messages.ts';
import type { Picture } from '@murmuration/shared/monitor/picture.ts';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { MonitorModel } from '../../state/monitor/monitor-model.ts';
import { factsOf, type NodeFacts, roleWords } from '../../state/monitor/nodes.ts';
import { Hands } from './picture/hands.ts';
import { Scene } from './picture/scene.ts';
import type { Palette } from './use-palette.ts';

export interface NetworkPictureProps {
  readonly model: MonitorModel;
  /** A picture of the past; undefined: the newest, as it changes. */
  readonly past: Picture | undefined;
  readonly colours: ReadonlyMap<ShortName, string>;
  readonly palette: Palette;
  readonly focus: ShortName | undefined;
  readonly selected: number | undefined;
  /** Of the element that says the same in a sentence. */
  readonly summaryId: string;
  onSelect(handle: number | undefined): void;
}

const stillness = matchMedia('(prefers-reduced-motion: reduce)');

export const canDraw =
  typeof OffscreenCanvas === 'function' && typeof ImageBitmapRenderingContext === 'function';

export function NetworkPicture(props: NetworkPictureProps) {
  const { model, past, colours, palette, focus, selected } = props;
  const box = useRef<HTMLDivElement>(null);
  const [scene, setScene] = useState<Scene>();
  const [pointed, setPointed] = useState<number>();
  const select = useRef(props.onSelect);
  select.current = props.onSelect;

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = new Scene(element);
    made.onPoint = setPointed;
    const hands = new Hands(element, made, (handle) => select.current(handle));
    const sizes = new ResizeObserver(() => made.resize(element.clientWidth, element.clientHeight));
    sizes.observe(element);
    setScene(made);
    return () => {
      sizes.disconnect();
      hands.stop();
      made.stop();
    };
  }, []);

  useEffect(() => {
    if (!scene) return;
    if (past) {
      scene.replace(past.asChange(0));
      return;
    }
    scene.replace(model.pictures.newest.asChange(0));
    model.onPicture = (change) => {
      if (change) scene.change(change);
      else scene.replace(model.pictures.newest.asChange(0));
    };
    return () => {
      model.onPicture = undefined;
    };
  }, [scene, model, past]);

  useEffect(() => {
    const { ink, inkSoft, bridge, surface, accent, font, isDark } = palette;
    scene?.style(
      {
        colours,
        other: inkSoft,
        ink,
        bridge,
        ground: surface,
        linkOpacity: isDark ? 0.24 : 0.2,
        isStill: stillness.matches,
      },
      { ink, ground: surface, accent, font: `600 13px ${font}` },
    );
  }, [scene, colours, palette]);
  useEffect(() => scene?.focus(focus), [scene, focus]);

  const picture = past ?? model.pictures.newest;
  const marked = pointed ?? selected;
  const facts = marked === undefined ? undefined : factsOf(picture, marked);
  useEffect(() => {
    const neighbours = facts ? [...facts.inner, ...facts.outer, ...facts.supernodes] : [];
    scene?.mark(
      facts?.node.handle,
      neighbours.map(({ handle }) => handle),
    );
  });
  const went = useRef<number | undefined>(undefined);
  useEffect(() => {
    if (scene && selected !== undefined && selected !== went.current) scene.goTo(selected);
    went.current = selected;
  }, [scene, selected]);

  return (
    <div class="network-stage">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms, and this is a picture that is moved with keys. */}
      <div
        ref={box}
        class="network-box"
        role="group"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys that move the picture go here.
        tabIndex={0}
        aria-label="Picture of the network. Arrow keys move it, plus and minus zoom, 0 shows all of it."
        aria-describedby={props.summaryId}
      />
      <p class="network-hint" aria-hidden="true">
        {facts ? words(facts) : 'Drag to move, pinch or Ctrl + wheel to zoom'}
      </p>
      <div class="network-zoom">
        <button class="button" type="button" aria-label="Zoom in" onClick={() => scene?.zoom(1.5)}>
          +
        </button>
        <button class="button" type="button" aria-label="Zoom out" onClick={() => scene?.zoom(1 / 1.5)}>
          −
        </button>
        <button class="button" type="button" onClick={() => scene?.fit()}>
          All
        </button>
      </div>
    </div>
  );
}

const words = ({ node, inner, outer, supernodes }: NodeFacts): string =>
  `${node.name}: ${roleWords[node.role]}, ${inner.length + outer.length + supernodes.length} links`;
