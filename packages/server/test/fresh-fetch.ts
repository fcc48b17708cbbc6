import { request } from "node:http";
import type { IncomingMessage } from "node:http";

/**
 * Like `fetch`, for text over HTTP, but each request goes over a connection of its own: what a server that was killed left
 * behind in a pool can make no later request fail. Rejects with what the socket says.
 */
export const freshFetch: typeof fetch = async (input, init = {}) => {
  const response = Promise.withResolvers<IncomingMessage>();
  const url = input instanceof Request ? input.url : input;
  const headers = Object.fromEntries(new Headers(init.headers));
  const outgoing = request(url, { agent: false, method: init.method ?? "GET", headers });
  outgoing.once("response", response.resolve).once("error", response.reject);
  outgoing.end(init.body);
  const incoming = await response.promise;
  const text = await textOf(incoming);
  const status = incoming.statusCode ?? 0;
  return new Response(text === "" ? null : text, { status, headers: flat(incoming.headersDistinct) });
};

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function flat(headers: NodeJS.Dict<string[]>): [string, string][] {
  return Object.entries(headers).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
}
