/** Figures with labels, as a description list. `value` carries the exact number beside the readable text. */
import type { ComponentChildren } from 'preact';

export function Facts(props: { title: string; children: ComponentChildren }) {
  return (
    <section class="facts">
      <h2>{props.title}</h2>
      {props.children}
    </section>
  );
}

export function FactList(props: { children: ComponentChildren }) {
  return <dl class="fact-list">{props.children}</dl>;
}

export function Fact(props: { label: string; value?: number | undefined; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{props.label}</dt>
      <dd>
        {props.value === undefined ? (
          props.children
        ) : (
          <data value={String(Math.round(props.value))}>{props.children}</data>
        )}
      </dd>
    </div>
  );
}
