// The least that a relay can be: `ws`, a number for each client, and messages that begin with the number of the one they are for.

import { WebSocket, WebSocketServer } from 'ws';

const clients: WebSocket[] = [];
const port = Number(process.argv[2]);
const server = new WebSocketServer({ port, host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.send(String(clients.push(socket) - 1));
  socket.on('message', (data: Buffer) => {
    const to = clients[data.readUInt32BE(0)];
    if (to?.readyState === WebSocket.OPEN) to.send(data);
  });
});
