/** Where a link or a stream id is pasted. */
import { useId, useState } from 'preact/hooks';
import { parsePasted, watchFragment } from '../../session/stream-link.ts';

export function WatchForm() {
  const id = useId();
  const [message, setMessage] = useState<string>();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const field = (event.currentTarget as HTMLFormElement).elements.namedItem('link') as HTMLInputElement;
    const pasted = parsePasted(field.value, location.origin);
    if (pasted.ok) location.hash = watchFragment(pasted.target);
    else {
      setMessage(pasted.message);
      field.focus();
    }
  };
  return (
    <form class="watch-form" onSubmit={submit} noValidate>
      <div class="field">
        <label for={id}>Link or stream id</label>
        <input
          id={id}
          name="link"
          type="text"
          autoComplete="off"
          autoCapitalize="off"
          spellcheck={false}
          aria-invalid={message !== undefined}
          aria-describedby={message === undefined ? undefined : `${id}-error`}
          onInput={() => setMessage(undefined)}
        />
      </div>
      <button class="button" type="submit">
        Watch
      </button>
      <p class="field-error" role="alert" id={`${id}-error`}>
        {message}
      </p>
    </form>
  );
}
