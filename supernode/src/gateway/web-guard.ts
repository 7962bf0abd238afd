/**
 * Keeps web pages away from the gateway: it is for programs of this machine. A page of any site can send requests to loopback; what tells
 * them apart is the Origin that browsers add, a Host that is a name of the page's own (DNS rebinding), and the type of a body that a page
 * cannot set without asking first.
 */
import type { IncomingMessage } from 'node:http';

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/** True if the request can only come from a program. */
export function isFromProgram({ headers }: IncomingMessage): boolean {
  return headers.origin === undefined && LOOPBACK_HOST.test(headers.host ?? '');
}

export const saysJson = ({ headers }: IncomingMessage): boolean =>
  /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '');
