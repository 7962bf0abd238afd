/** What going live means, said before it happens: what is sent, to whom, and what they learn. */
import type { LiveSource } from '../../media/source.ts';
import { counted, readableBitRate } from '../../state/readable-numbers.ts';
import type { Upload } from '../../state/upload-limit.ts';

export function Consent({ source, upload }: { source: LiveSource | undefined; upload: Upload }) {
  return (
    <section class="consent" aria-labelledby="consent-title">
      <h2 id="consent-title">What is sent, and to whom</h2>
      <ul>
        <li>Nothing leaves this computer until you press Go live.</li>
        <li>
          Picture and sound go directly to viewers, in{' '}
          {counted(Math.round(upload.copies * 10) / 10, 'copy', 'copies')} at most
          {source ? <> (about {readableBitRate(upload.bitsPerSecond)} of upload)</> : null}. They pass it on
          to the others.
        </li>
        <li>Those you are connected with see your network address. The supernode sees it, too.</li>
        <li>Whoever has the link can watch, and record.</li>
      </ul>
      {upload.overLimit && (
        <p class="field-error">
          Not even one copy fits into your upload limit. Choose a lower quality or a higher limit; else the
          quality is lowered once somebody watches.
        </p>
      )}
    </section>
  );
}
