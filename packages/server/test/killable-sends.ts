import { ClientRequest, ServerResponse } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import type { KillSwitch } from "./kill-switch.ts";

/**
 * Puts a point before the bytes of each answer, of each request of the server's own, of each message over a light connection
 * and of its opening are handed to the socket, and one after. They are with the operating system when the call returns; a
 * request's, which waits for its connection, when it says that it is finished.
 */
export function watchSends(killSwitch: KillSwitch): void {
  intercept(ServerResponse, "end", (send, response, body) => {
    const name = answerName(response, body);
    return around(name, send);
  });
  intercept(ClientRequest, "end", (send, request) => {
    const proof = request.hasHeader("authorization") ? "with" : "without";
    const name = `connection request ${proof} credentials`;
    request.once("finish", () => killSwitch.reach(`after send ${name}`));
    killSwitch.reach(`before send ${name}`);
    return send();
  });
  intercept(WebSocket, "send", (send, _, data) => around(`light ${tokenName(String(data))}`, send));
  intercept(WebSocketServer, "completeUpgrade", (send) => around("light 101", send));

  function around(name: string, send: () => unknown): unknown {
    killSwitch.reach(`before send ${name}`);
    const sent = send();
    killSwitch.reach(`after send ${name}`);
    return sent;
  }
}

/** Has `take` called in place of a method of every object of the class; `send` does what the method did. */
function intercept<M extends object>(
  of: abstract new (...given: never[]) => M,
  method: string,
  take: (send: () => unknown, self: M, first: unknown) => unknown,
): void {
  const original: unknown = Reflect.get(of.prototype, method);
  if (typeof original !== "function") throw new Error(`${of.name} has no ${method}`);
  const apply = (_: unknown, self: unknown, given: readonly unknown[]): unknown => {
    const send = (): unknown => Reflect.apply(original, self, given);
    return self instanceof of ? take(send, self, given[0]) : send();
  };
  Reflect.set(of.prototype, method, new Proxy(original, { apply }));
}

/** `call Reboot`, `answer`, `fault 8005`; `frame` of what is said in another subprotocol. */
function tokenName(text: string): string {
  if (!text.startsWith("{")) return "frame";
  const token: unknown = JSON.parse(text);
  if (typeof token !== "object" || token === null) return "text";
  if ("method" in token) return `call ${String(token.method)}`;
  return "result" in token ? "answer" : "fault";
}

/** `device 200 InformResponse`, `device 204`, `caller 202 POST operations`. */
function answerName({ statusCode, req }: ServerResponse, body: unknown): string {
  const path = (req.url ?? "").replace(/\?.*$/, "");
  const [, , version, collection, , part = collection] = path.split("/");
  if (version === "v1") return `caller ${statusCode} ${req.method ?? ""} ${part ?? ""}`;
  const message = typeof body === "string" ? /Body>\s*<(?:[\w-]+:)?([\w-]+)/.exec(body)?.[1] : undefined;
  return ["device", statusCode, message].filter((word) => word !== undefined).join(" ");
}
