// Answers every request with as many bytes as an InformResponse has, and does nothing else.
import { createServer } from "node:http";

const body = "x".repeat(520);
const server = createServer((request, response) => {
  request.resume().once("end", () => response.writeHead(200, { "content-length": body.length }).end(body));
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
