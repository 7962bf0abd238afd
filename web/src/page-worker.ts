/**
 * Workers of this page, also where its scripts come from another site: browsers start workers only from a page's own origin, but such a
 * worker may import from elsewhere (a web component embedded by a script tag). Vite finds workers by `new Worker(new URL(…))`, so import
 * this class under that name.
 */

/** By address; there are as many as there are worker files. */
const starters = new Map<string, string>();

function ownStarter(url: URL): string {
  const { href } = url;
  const starter =
    starters.get(href) ??
    URL.createObjectURL(new Blob([`import ${JSON.stringify(href)};`], { type: 'text/javascript' }));
  starters.set(href, starter);
  return starter;
}

/** In Node.js there are none, but what would use them can be imported. */
const Base: typeof Worker = globalThis.Worker ?? (class {} as unknown as typeof Worker);

export class PageWorker extends Base {
  constructor(url: URL, options: WorkerOptions & { readonly type: 'module' }) {
    super(url.origin === location.origin ? url : ownStarter(url), options);
  }
}
