/** Makes any text fit to be a stream's title: one line, no control or bidi-override characters, within the wire's limit. */
import { encodeUtf8 } from '@murmuration/shared/lib/utf8.ts';
import { limits } from '@murmuration/shared/wire/limits.ts';

// Control characters break lines; bidi overrides could make a title rewrite the words around it.
const UNWANTED = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** The title as it is sent and shown; may be empty. Cut between code points at 96 UTF-8 bytes. */
export function fitTitle(text: string): string {
  const line = text.replace(UNWANTED, ' ').replace(/\s+/gu, ' ').trim();
  let fitted = '';
  let bytes = 0;
  for (const character of line) {
    bytes += encodeUtf8(character).length;
    if (bytes > limits.titleBytesMax) break;
    fitted += character;
  }
  return fitted.trimEnd();
}
