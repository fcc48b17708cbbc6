// Answers every request with as many bytes as an InformResponse has, echoes what comes over a WebSocket, and does nothing
// else.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const body = "x".repeat(520);
const server = createServer((request, response) => {
  request.resume().once("end", () => response.writeHead(200, { "content-length": body.length }).end(body));
});
new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (socket) => {
  socket.on("message", (data, isBinary) => {
    socket.send(data, { binary: isBinary });
  });
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
