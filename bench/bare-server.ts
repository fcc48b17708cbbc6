// Answers a request with as many bytes as its path names (none is 204), echoes what comes over a WebSocket, and does nothing
// else.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const server = createServer((request, response) => {
  const bytes = Number(request.url?.slice(1));
  request.resume().once("end", () => {
    if (bytes === 0) response.writeHead(204).end();
    else response.writeHead(200, { "content-length": bytes }).end("x".repeat(bytes));
  });
});
new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (socket) => {
  socket.on("message", (data, isBinary) => {
    socket.send(data, { binary: isBinary });
  });
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
