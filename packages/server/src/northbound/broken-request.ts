import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { PROBLEM_MEDIA_TYPE, problemOf, refuse, type Refusal } from "./refusal.ts";

/** Answers what never became a request: too slow, headers too large, or no HTTP at all. Ends the connection. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOf(refusalOf(error.code));
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ""}\r\n` +
      `Content-Type: ${PROBLEM_MEDIA_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}

function refusalOf(code: string | undefined): Refusal {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return refuse("request-timeout", "the request did not arrive in time: send it at once");
    case "HPE_HEADER_OVERFLOW":
      return refuse("headers-too-large", "the headers are larger than 16 KiB: send fewer or shorter ones");
    default:
      return refuse("invalid-request", "this is no HTTP request");
  }
}
