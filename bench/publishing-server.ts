// Sends bytes to all that are connected by WebSocket, as text, whenever it is asked to over HTTP, and does nothing else.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { WebSocketServer } from "ws";

const server = createServer((request, response) => {
  void text(request).then((body) => {
    const bytes = Buffer.from(body);
    for (const socket of sockets.clients) socket.send(bytes, { binary: false });
    response.writeHead(204).end();
  });
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
