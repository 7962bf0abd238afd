/** The link that viewers need, and the ways to pass it on. */
import type { StreamId } from '@murmuration/shared/lib/ids.ts';
import { useRef, useState } from 'preact/hooks';
import { watchLink } from '../../session/stream-link.ts';
import { LinkCode } from './link-code.tsx';

interface ShareLinkProps {
  readonly stream: StreamId;
  readonly via: readonly string[];
  /** Of the stream; may be empty. */
  readonly title: string;
}

export function ShareLink({ stream, via, title }: ShareLinkProps) {
  const field = useRef<HTMLInputElement>(null);
  const [feedback, setFeedback] = useState('');
  const [codeShown, setCodeShown] = useState(false);
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
  const share = async () => {
    setFeedback('');
    try {
      await navigator.share({ title: title || 'Live stream', url: link });
    } catch (error) {
      // Who closes the system's dialog knows it.
      if ((error as Error).name !== 'AbortError')
        setFeedback('The browser could not share the link. Copy it instead.');
    }
  };
  return (
    <section class="card share">
      <h2>
        <label for="share-link">Link to watch</label>
      </h2>
      <input
        id="share-link"
        ref={field}
        type="text"
        readOnly
        value={link}
        onFocus={(event) => event.currentTarget.select()}
      />
      <div class="share-buttons">
        <button class="button button-primary" type="button" onClick={copy}>
          Copy link
        </button>
        {'share' in navigator && (
          <button class="button" type="button" onClick={share}>
            Share…
          </button>
        )}
        <button
          class="button"
          type="button"
          aria-expanded={codeShown}
          onClick={() => setCodeShown((shown) => !shown)}
        >
          QR code
        </button>
      </div>
      {codeShown && <LinkCode link={link} />}
      <p class="hint" role="status">
        {feedback}
      </p>
    </section>
  );
}
