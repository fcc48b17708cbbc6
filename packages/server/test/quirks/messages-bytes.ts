import { openWire, PATIENCE_MS } from "@heliograph/testkit";
import type { HttpReply, HttpWire } from "@heliograph/testkit";
import type { RunningServer } from "../running-server.ts";
import type { Headers } from "./bare-device.ts";

/** A connection of a device that keeps no cookies, and whose bodies are bytes. */
export class ByteWire implements Disposable {
  readonly #wire: HttpWire;

  private constructor(wire: HttpWire) {
    this.#wire = wire;
  }

  static async open(server: RunningServer): Promise<ByteWire> {
    return new ByteWire(await openWire(new URL(server.life.acsUrl), { patienceMs: PATIENCE_MS }));
  }

  /** What a POST is answered. */
  async post(body: Uint8Array, headers: Headers = {}): Promise<HttpReply> {
    const all = { Host: "acs", ...headers, "Content-Length": String(body.byteLength) };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    await this.#wire.write(Buffer.concat([Buffer.from(`POST / HTTP/1.1\r\n${lines.join("")}\r\n`), body]));
    return this.#wire.read();
  }

  /** What a whole request is answered. */
  async send(request: string): Promise<HttpReply> {
    await this.#wire.write(request);
    return this.#wire.read();
  }

  [Symbol.dispose](): void {
    this.#wire.cut();
  }
}
