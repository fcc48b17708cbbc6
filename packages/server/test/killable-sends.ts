import { ClientRequest, ServerResponse } from "node:http";
import type { KillSwitch } from "./kill-switch.ts";

/**
 * Puts a point before the bytes of each answer, and of each request of the server's own, are handed to the socket, and one
 * after. An answer's are with the operating system when `end` returns; a request's, which waits for its connection, when
 * it says that it is finished.
 */
export function watchSends(killSwitch: KillSwitch): void {
  intercept(ServerResponse, (send, response, body) => {
    const name = answerName(response, body);
    killSwitch.reach(`before send ${name}`);
    const sent = send();
    killSwitch.reach(`after send ${name}`);
    return sent;
  });
  intercept(ClientRequest, (send, request) => {
    const proof = request.hasHeader("authorization") ? "with" : "without";
    const name = `connection request ${proof} credentials`;
    request.once("finish", () => killSwitch.reach(`after send ${name}`));
    killSwitch.reach(`before send ${name}`);
    return send();
  });
}

/** Has `take` called in place of `end` of every message of the class; `send` does what `end` did. */
function intercept<M extends ServerResponse | ClientRequest>(
  message: abstract new (...given: never[]) => M,
  take: (send: () => unknown, self: M, body: unknown) => unknown,
): void {
  const end: unknown = Reflect.get(message.prototype, "end");
  if (typeof end !== "function") throw new Error("node:http has no `end`");
  const apply = (_: unknown, self: unknown, given: readonly unknown[]): unknown => {
    const send = (): unknown => Reflect.apply(end, self, given);
    return self instanceof message ? take(send, self, given[0]) : send();
  };
  Reflect.set(message.prototype, "end", new Proxy(end, { apply }));
}

/** `device 200 InformResponse`, `device 204`, `caller 202 POST operations`. */
function answerName({ statusCode, req }: ServerResponse, body: unknown): string {
  const path = (req.url ?? "").replace(/\?.*$/, "");
  const [, , version, collection, , part = collection] = path.split("/");
  if (version === "v1") return `caller ${statusCode} ${req.method ?? ""} ${part ?? ""}`;
  const message = typeof body === "string" ? /Body>\s*<(?:[\w-]+:)?([\w-]+)/.exec(body)?.[1] : undefined;
  return ["device", statusCode, message].filter((word) => word !== undefined).join(" ");
}
