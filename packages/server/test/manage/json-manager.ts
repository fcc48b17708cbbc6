import { Arrivals } from "@heliograph/testkit";
import { WebSocket } from "ws";
import type { ManagerDoor } from "./stomp-manager.ts";

/** What a manager was sent by JSON-RPC: one object, or the answers of a batch. */
export type JsonTold = Readonly<Record<string, unknown>> | readonly Readonly<Record<string, unknown>>[];

/** A manager that speaks JSON-RPC, and nothing of it by itself. */
export class JsonManager implements Disposable {
  readonly told = new Arrivals<JsonTold>("a message of the ACS");
  readonly closes = new Arrivals<number>("the end of the connection");
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => this.told.add(read(data.toString("utf8"))));
    socket.on("close", (code) => this.closes.add(code));
    socket.on("error", () => undefined);
  }

  /** Connects, and says who it is by the handshake where it has a token. */
  static async connect({ northboundUrl, token }: Partial<ManagerDoor>): Promise<JsonManager> {
    const url = new URL("/manage", northboundUrl?.replace(/^http/, "ws"));
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const socket = new WebSocket(url, ["manage.json"], { headers });
    const manager = new JsonManager(socket);
    await new Promise<void>((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return manager;
  }

  say(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  call(id: string | number, method: string, params: object): void {
    this.say({ jsonrpc: "2.0", id, method, params });
  }

  /** A call, and what came next. */
  async ask(id: string | number, method: string, params: object): Promise<JsonTold> {
    this.call(id, method, params);
    return this.told.take();
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }
}

function read(text: string): JsonTold {
  const told: unknown = JSON.parse(text);
  if (isTold(told)) return told;
  throw new TypeError(`the ACS said ${text}`);
}

function isTold(value: unknown): value is JsonTold {
  return typeof value === "object" && value !== null;
}
