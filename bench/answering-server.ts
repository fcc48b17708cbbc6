// Sends bytes to all that are connected by WebSocket, as text, whenever it is asked to over HTTP, reads the token by which each
// answers, answers that, and answers the request once all have.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { decodeToken, defaultLimits, encodeTokenAnswer } from "@heliograph/protocol";
import { WebSocketServer } from "ws";

let left = 0;
let done = Promise.withResolvers<undefined>();

const server = createServer((request, response) => {
  void text(request).then(async (body) => {
    const bytes = Buffer.from(body);
    left = sockets.clients.size;
    done = Promise.withResolvers();
    for (const socket of sockets.clients) socket.send(bytes, { binary: false });
    await done.promise;
    response.writeHead(204).end();
  });
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on("connection", (socket) => {
  socket.on("message", (data: Buffer) => {
    const token = decodeToken(data.toString(), { role: "acs", limits: defaultLimits });
    if (!token.ok || typeof token.value.id !== "string") return;
    socket.send(encodeTokenAnswer(token.value.id, {}));
    left -= 1;
    if (left === 0) done.resolve(undefined);
  });
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
