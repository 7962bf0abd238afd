/** What this is, and the two ways in. */
import { Flock } from './parts/flock.tsx';
import { WatchForm } from './parts/watch-form.tsx';
import '../styles/home.css';

export function HomePage() {
  return (
    <div class="home">
      <Flock />
      <div class="home-words">
        <h1 tabIndex={-1}>Murmuration</h1>
        <p class="lead">
          Live streams, carried by their audience. Everyone who watches passes the stream on to others and
          checks every piece of it, so a browser is all it takes to reach many.
        </p>
      </div>
      <div class="home-doors">
        <section class="card">
          <h2>Host</h2>
          <p>Show a test pattern, your camera or a video file. You get a link to send to others.</p>
          <a class="button button-primary" href="#/host">
            Go live
          </a>
        </section>
        <section class="card">
          <h2>Watch</h2>
          <WatchForm />
        </section>
      </div>
      <p class="home-more">
        <a href="#/monitor">See the network</a>: who is linked with whom, and how that changes.
      </p>
    </div>
  );
}

/** For links that lead nowhere. */
export function BrokenLinkPage(props: { kind: 'broken-link' | 'unknown' }) {
  return (
    <div class="narrow">
      <h1 tabIndex={-1}>{props.kind === 'unknown' ? 'There is no such page' : 'This link is damaged'}</h1>
      <p>
        {props.kind === 'unknown'
          ? 'The address names no page here. If someone sent it to you, paste it below once more in full.'
          : 'The stream id at its end must be 27 letters, digits, - or _. Part of it was probably lost on the way: copy the link again in full and paste it here.'}
      </p>
      <section class="card">
        <WatchForm />
      </section>
      <p>
        <a href="#/">To the start page</a>
      </p>
    </div>
  );
}
