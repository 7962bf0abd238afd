/** A message that says what happened and what to do. `alert` interrupts a screen reader, `status` waits for a pause. */
import type { ComponentChildren } from 'preact';

export function Notice(props: {
  tone: 'bad' | 'calm';
  role?: 'alert' | 'status';
  id?: string;
  children: ComponentChildren;
}) {
  return (
    <div class={`notice notice-${props.tone}`} role={props.role ?? 'status'} id={props.id}>
      {props.children}
    </div>
  );
}
