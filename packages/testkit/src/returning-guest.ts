import type { IncomingMessage } from "node:http";
import { defaultRetryPolicy, retryDelayMs, type RetryPolicy } from "@heliograph/agent";
import { afterClose, pauseSeconds } from "@heliograph/protocol";
import type { WebSocket } from "ws";
import type { Returns } from "./returns.ts";

/** Who opens sockets, and is in once what it says first was answered. */
export interface Guest {
  open(): WebSocket;
  /** What it says first on each. */
  greeting(): string;
  /** Takes a message; says whether it is the answer to the greeting, and which. */
  hear(text: string, say: (text: string) => void): "welcome" | "turned-away" | "nothing";
}

/** How a socket was lost, or not opened. */
type Loss =
  | { readonly type: "refused"; readonly status: number; readonly retryAfterMs: number }
  | { readonly type: "closed"; readonly code: number; readonly reason: string };

/** Who was in for so long has failed for the first time when it fails [LIGHT 4]. */
const LASTING_MS = 60_000;

/** A guest that comes back whenever it lost its socket, by the rules of the light transport [LIGHT 3, 4]. */
export class ReturningGuest implements Disposable {
  readonly #guest: Guest;
  readonly #returns: Returns;
  readonly #policy: RetryPolicy;
  readonly #first = Promise.withResolvers<undefined>();
  #socket: WebSocket | undefined;
  #pause: NodeJS.Timeout | undefined;
  #inSince: number | undefined;
  #losses = 0;

  constructor(guest: Guest, returns: Returns, policy = defaultRetryPolicy) {
    this.#guest = guest;
    this.#returns = returns;
    this.#policy = policy;
    this.#open();
  }

  /** Resolves once it is in for the first time. */
  get first(): Promise<undefined> {
    return this.#first.promise;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#pause);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.terminate();
  }

  #open(): void {
    const socket = this.#guest.open();
    this.#socket = socket;
    const say = (text: string): void => {
      socket.send(text);
    };
    socket.once("open", () => {
      say(this.#guest.greeting());
    });
    socket.on("message", (data: Buffer) => {
      const heard = this.#guest.hear(data.toString(), say);
      if (heard === "welcome") this.#isIn();
      else if (heard === "turned-away") socket.close();
    });
    socket.once("unexpected-response", (request, response) => {
      request.destroy();
      this.#lost(socket, refusalOf(response));
    });
    // The end that follows says it, too.
    socket.on("error", () => undefined);
    socket.once("close", (code, reason) => {
      this.#lost(socket, { type: "closed", code, reason: reason.toString() });
    });
  }

  #isIn(): void {
    this.#inSince = performance.now();
    this.#returns.isIn(this);
    this.#first.resolve(undefined);
  }

  #lost(socket: WebSocket, loss: Loss): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    const lasted = this.#inSince === undefined ? 0 : performance.now() - this.#inSince;
    this.#inSince = undefined;
    this.#losses = lasted >= LASTING_MS ? 1 : this.#losses + 1;
    this.#returns.lost(this, loss.type === "refused" ? loss.status : loss.code);
    this.#pause = setTimeout(() => {
      this.#open();
    }, this.#pauseMs(loss));
  }

  #pauseMs(loss: Loss): number {
    const wait = (losses: number): number =>
      losses < 1 ? 0 : retryDelayMs(losses, Math.random(), this.#policy);
    if (loss.type === "refused") return Math.max(wait(this.#losses), loss.retryAfterMs);
    if (afterClose(loss.code) !== "pause") return wait(this.#losses);
    return Math.max(Math.random() * pauseSeconds(loss.reason) * 1_000, wait(this.#losses - 1));
  }
}

function refusalOf({ statusCode = 0, headers }: IncomingMessage): Loss {
  return { type: "refused", status: statusCode, retryAfterMs: Number(headers["retry-after"] ?? 0) * 1_000 };
}
