/** The least that a relay can be: `ws`, a number for each client, and messages that begin with the number of the one they are for. */
import { WebSocket, WebSocketServer } from 'ws';

const clients: WebSocket[] = [];
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' && address !== null ? address.port : ''}\n`);
});
server.on('connection', (socket) => {
  socket.send(String(clients.push(socket) - 1));
  socket.on('message', (data: Buffer) => {
    const to = clients[data.readUInt32BE(0)];
    if (to?.readyState === WebSocket.OPEN) to.send(data);
  });
});
