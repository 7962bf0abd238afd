/** The page's own style sheets for inside a shadow root, where `:root` matches nothing. Constructed sheets need no leave of a page's CSP. */
import base from '../styles/base.css?inline';
import tokens from '../styles/tokens.css?inline';
import watch from '../styles/watch.css?inline';
import player from './player.css?inline';

let sheets: readonly CSSStyleSheet[] | undefined;

/** Parsed once for all players of a page. */
export function playerSheets(): readonly CSSStyleSheet[] {
  sheets ??= [tokens.replaceAll(':root', ':host'), base, watch, player].map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
  return sheets;
}
