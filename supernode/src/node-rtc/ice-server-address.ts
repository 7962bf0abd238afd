/** STUN and TURN servers in the form that node-datachannel takes. It speaks TURN over UDP only; others are left out. */
import type { IceServer } from '@murmuration/shared/wire/service-messages.ts';
import type { IceServer as LibraryServer } from 'node-datachannel';

const PORT_USUAL = 3_478;
/** RFC 7064, RFC 7065; the port and the transport may be left out, and an IPv6 address is in brackets. */
const URL_FORM = /^(stuns?|turns?):(\[[0-9a-f:.]+\]|[^\s:?[\]]+)(?::(\d{1,5}))?(?:\?transport=(\w+))?$/i;

/** Undefined for what the library cannot use. */
export function libraryServer({ url, username, credential }: IceServer): LibraryServer | undefined {
  const [, scheme, host = '', port, transport = 'udp'] = URL_FORM.exec(url) ?? [];
  const address = { hostname: host.replace(/^\[|\]$/g, ''), port: Number(port ?? PORT_USUAL) };
  if (address.port < 1 || address.port > 65_535 || transport.toLowerCase() !== 'udp') return undefined;
  if (scheme?.toLowerCase() === 'stun') return address;
  if (scheme?.toLowerCase() !== 'turn' || username === '') return undefined;
  return { ...address, username, password: credential, relayType: 'TurnUdp' };
}
