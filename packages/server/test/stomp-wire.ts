import { connect } from "node:net";
import type { Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { decodeServerFrame, defaultStompLimits, StompReader, writeFrame } from "@heliograph/protocol";
import type { ServerFrame, StompCommand, StompVersion } from "@heliograph/protocol";
import { Arrivals } from "@heliograph/testkit";

/** A frame as a test writes it: its headers, and a body, of which an object goes as JSON. */
export type StompContent = readonly [headers?: Readonly<Record<string, string>>, body?: object | string];

/** A device that speaks STOMP on a TCP connection, and says what its test says. */
export class StompWire {
  readonly frames = new Arrivals<ServerFrame>("a frame of the ACS");
  readonly beats = new Arrivals<true>("a heart-beat of the ACS");
  /** The ACS said that it is done, or the line was cut. */
  readonly ended = new Arrivals<"closed" | "cut">("the end of the connection");
  readonly socket: Socket;
  readonly #reader = new StompReader(defaultStompLimits);
  #version: StompVersion;

  constructor(socket: Socket, version: StompVersion = "1.2") {
    this.socket = socket;
    this.#version = version;
    this.#reader.speak(version);
    socket.on("data", (piece: Buffer) => this.#read(piece));
    socket.on("end", () => this.ended.add("closed"));
    socket.on("error", () => this.ended.add("cut"));
  }

  say(command: StompCommand, ...[headers = {}, body = ""]: StompContent): void {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const frame = { command, headers: new Map(Object.entries(headers)), body: Buffer.from(text) };
    const written = writeFrame(frame, this.#version);
    if (!written.ok) throw new Error(written.problem.detail);
    this.socket.write(written.value);
  }

  async hear<C extends ServerFrame["command"]>(command: C): Promise<Extract<ServerFrame, { command: C }>> {
    const frame = await this.frames.take();
    if (is(frame, command)) return frame;
    throw new Error(
      `the ACS says ${frame.command}, not ${command}: ${"message" in frame ? frame.message : ""}`,
    );
  }

  /** The close code of the ERROR that must come next, and last. */
  async hearEnd(): Promise<string | undefined> {
    const { headers } = await this.hear("ERROR");
    await this.ended.take();
    return headers.get("close-code");
  }

  #read(piece: Buffer): void {
    for (const item of this.#reader.read(piece)) {
      if (!item.ok) throw new Error(item.problem.detail);
      if (item.value.kind === "heart-beat") this.beats.add(true);
      else {
        const frame = decodeServerFrame(item.value.frame, this.#version);
        if (!frame.ok) throw new Error(frame.problem.detail);
        this.frames.add(frame.value);
      }
    }
  }
}

/** Opens a connection, on which nothing is said yet. */
export async function openStompWire(port: number, version?: StompVersion): Promise<StompWire> {
  const socket = connect({ port, host: "127.0.0.1" });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return new StompWire(socket, version);
}

/** The same by TLS, with a certificate that `ca` has signed. */
export async function openSecureStompWire(port: number, ca: string): Promise<StompWire> {
  const socket = connectSecurely({ port, host: "127.0.0.1", servername: "acs.example", ca });
  await new Promise<void>((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  return new StompWire(socket);
}

function is<C extends ServerFrame["command"]>(
  frame: ServerFrame,
  command: C,
): frame is Extract<ServerFrame, { command: C }> {
  return frame.command === command;
}
