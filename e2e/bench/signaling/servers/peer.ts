// PeerJS's server as a library, with room for everybody, and without its own search for clients that fell silent.

import { PeerServer } from 'peer';

const port = Number(process.argv[2]);
PeerServer({ port, host: '127.0.0.1', path: '/', concurrent_limit: 100_000, alive_timeout: 3_600_000 });
