// bittorrent-tracker's server, WebSockets only. Its table of peers is made larger than the swarm: it would forget half of it.

import Server from 'bittorrent-tracker/server';

const port = Number(process.argv[2]);
const server = new Server({ udp: false, http: false, ws: true, stats: false, peersCacheLength: 100_000 });
server.on('error', (error) => console.error(error));
server.listen(port, '127.0.0.1');
