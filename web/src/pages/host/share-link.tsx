/** The link that viewers need, and a button that copies it. */
import type { StreamId } from '@murmuration/shared/lib/ids.ts';
import { useRef, useState } from 'preact/hooks';
import { watchLink } from '../../session/stream-link.ts';

export function ShareLink({ stream, via }: { stream: StreamId; via: readonly string[] }) {
  const field = useRef<HTMLInputElement>(null);
  const [feedback, setFeedback] = useState('');
  const link = watchLink(location.origin, stream, via);
  const copy = async () => {
    setFeedback('');
    try {
      await navigator.clipboard.writeText(link);
      setFeedback('Copied. Send it to those who should watch.');
    } catch {
      field.current?.select();
      setFeedback('The browser does not let this page copy. The link is selected: press Ctrl+C or ⌘C.');
    }
  };
  return (
    <section class="card share">
      <h2>
        <label for="share-link">Link to watch</label>
      </h2>
      <div class="share-row">
        <input
          id="share-link"
          ref={field}
          type="text"
          readOnly
          value={link}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button class="button button-primary" type="button" onClick={copy}>
          Copy link
        </button>
      </div>
      <p class="hint" role="status">
        {feedback}
      </p>
    </section>
  );
}
