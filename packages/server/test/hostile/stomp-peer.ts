import { connect } from "node:net";
import type { Socket } from "node:net";
import { defaultStompLimits, NO_BODY, StompReader } from "@heliograph/protocol";
import type { StompFrame } from "@heliograph/protocol";
import { Arrivals } from "@heliograph/testkit";
import { frame, opcodes, type LightGatewayWire } from "../light-gateway-wire.ts";

export type StompWay = "tcp" | "websocket";

/** What came next of the ACS's stream, or how it ended. */
type Piece = { readonly bytes: Uint8Array } | { readonly end: string };

interface Stream {
  write(bytes: Uint8Array): Promise<void>;
  /** Rejects where nothing comes for long. */
  next(): Promise<Piece>;
  readonly socket: Socket;
}

/** A connection that STOMP is spoken on, and on which every byte is its owner's. */
export class StompPeer implements Disposable {
  readonly #stream: Stream;
  readonly #reader = new StompReader(defaultStompLimits);
  readonly #heard: StompFrame[] = [];

  private constructor(stream: Stream) {
    this.#stream = stream;
  }

  static async byTcp(port: number): Promise<StompPeer> {
    const socket = connect({ port, host: "127.0.0.1" });
    const pieces = new Arrivals<Piece>("a piece of the ACS's stream");
    socket.on("data", (bytes: Buffer) => pieces.add({ bytes }));
    for (const end of ["end", "error"]) socket.on(end, () => pieces.add({ end: "cut" }));
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    const write = (bytes: Uint8Array): Promise<void> =>
      new Promise((resolve) => socket.write(bytes, () => resolve()));
    return new StompPeer({ socket, write, next: () => pieces.take() });
  }

  static byWebSocket(wire: LightGatewayWire): StompPeer {
    const next = async (): Promise<Piece> => {
      const { opcode, payload } = await wire.frames.take();
      if (opcode === opcodes.close) return { end: `closed with ${payload.readUInt16BE(0)}` };
      return { bytes: opcode === opcodes.text || opcode === opcodes.binary ? payload : NO_BODY };
    };
    const write = (bytes: Uint8Array): Promise<void> => wire.write(frame(bytes, { opcode: opcodes.binary }));
    return new StompPeer({ socket: wire.socket, write, next });
  }

  /** Resolves once the bytes were handed to the operating system, or are lost. */
  async write(bytes: Uint8Array | string): Promise<void> {
    await this.#stream.write(Buffer.from(bytes));
  }

  /** Opens the session, and subscribes to answers and calls. */
  async begin(passcode: string, heartBeat = "0,0"): Promise<void> {
    await this.write(`CONNECT\naccept-version:1.2\nheart-beat:${heartBeat}\npasscode:${passcode}\n\n\0`);
    await this.connected();
    await this.write(
      "SUBSCRIBE\nid:a\ndestination:/responses\n\n\0SUBSCRIBE\nid:q\ndestination:/requests\n\n\0",
    );
  }

  /** Resolves once the session is open. */
  async connected(): Promise<void> {
    await this.#until(({ command }) => (command === "CONNECTED" ? "open" : undefined));
  }

  /** Whatever else it is asked to do has it read again. */
  stopReading(): void {
    this.#stream.socket.pause();
  }

  /** What an honest question gets: `served` where it is answered, a fault's code, the code of an ERROR, or the end. */
  async standing(): Promise<string> {
    await this.write("SEND\ndestination:/requests\nmethod:GetRPCMethods\nrequest-id:still-there\n\n{}\0");
    return this.outcome();
  }

  /** The same without the question. */
  outcome(): Promise<string> {
    return this.#until(({ command, headers, body }) => {
      if (command === "ERROR") return `ERROR ${headers.get("close-code")}`;
      if (headers.get("request-id") !== "still-there") return undefined;
      const fault = /"code":(-?\d+)/.exec(Buffer.from(body).toString())?.[1];
      return fault === undefined ? "served" : `fault ${fault}`;
    });
  }

  [Symbol.dispose](): void {
    this.#stream.socket.destroy();
  }

  /** What the first frame says that says something; or how the connection ended before. */
  async #until(read: (frame: StompFrame) => string | undefined): Promise<string> {
    this.#stream.socket.resume();
    for (;;) {
      for (let frame = this.#heard.shift(); frame !== undefined; frame = this.#heard.shift()) {
        const found = read(frame);
        if (found !== undefined) return found;
      }
      const piece = await this.#stream.next().catch(() => ({ end: "still open" }));
      if ("end" in piece) return piece.end;
      for (const item of this.#reader.read(piece.bytes)) {
        if (item.ok && item.value.kind === "frame") this.#heard.push(item.value.frame);
      }
    }
  }
}
