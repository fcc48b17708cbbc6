import { ClientRequest, ServerResponse } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import { DeviceSocket } from "../src/southbound/light/ws-transport.ts";
import type { KillSwitch } from "./kill-switch.ts";

/**
 * Puts a point before the bytes of each answer, of each request of the server's own, of each message over a WebSocket
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
  intercept(WebSocket, "send", (send, socket, data) => {
    const side = socket instanceof DeviceSocket ? "light" : "manager";
    return around(`${side} ${messageName(String(data))}`, send);
  });
  intercept(WebSocketServer, "completeUpgrade", (send) => around("WebSocket 101", send));

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

/** What a message says, in whatever subprotocol. */
function messageName(text: string): string {
  if (text.startsWith("{")) return tokenName(text);
  const body = bodyName(text);
  return body === undefined ? framesName(text) : `envelope ${body}`;
}

/** `call Reboot`, `answer`, `fault`. */
function tokenName(text: string): string {
  const token: unknown = JSON.parse(text);
  if (typeof token !== "object" || token === null) return "text";
  if ("method" in token) return `call ${String(token.method)}`;
  return "result" in token ? "answer" : "fault";
}

/** `MESSAGE Reboot`, `MESSAGE RECEIPT`, `beat`: the commands of all frames, and what is called. */
function framesName(text: string): string {
  const names = [...text.matchAll(/^([A-Z]+)$|^method:(.+)$/gm)].map(
    ([, command, method]) => command ?? method,
  );
  return names.length === 0 ? "beat" : names.join(" ");
}

/** `device 200 InformResponse`, `device 204`, `caller 202 POST operations`. */
function answerName({ statusCode, req }: ServerResponse, body: unknown): string {
  const path = (req.url ?? "").replace(/\?.*$/, "");
  const [, , version, collection, , part = collection] = path.split("/");
  if (version === "v1") return `caller ${statusCode} ${req.method ?? ""} ${part ?? ""}`;
  const message = typeof body === "string" ? bodyName(body) : undefined;
  return ["device", statusCode, message].filter((word) => word !== undefined).join(" ");
}

/** The element in an envelope's body. */
function bodyName(text: string): string | undefined {
  return /Body>\s*<(?:[\w-]+:)?([\w-]+)/.exec(text)?.[1];
}
