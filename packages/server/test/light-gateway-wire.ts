import { connect } from "node:net";
import type { Socket } from "node:net";
import { Arrivals } from "@heliograph/testkit";

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface Frame {
  /** The first byte as it came: FIN, the reserved bits and the opcode. */
  readonly first: number;
  readonly opcode: number;
  readonly payload: Buffer;
}

export interface FrameOptions {
  readonly opcode?: number;
  readonly fin?: boolean;
  /** What the frame says its length is, where it lies. */
  readonly length?: number;
  readonly masked?: boolean;
  /** Four bytes; zeros unless said otherwise. */
  readonly mask?: Uint8Array;
  /** In how many bytes the length stands; in as few as it takes unless said otherwise. */
  readonly lengthBytes?: 1 | 2 | 8;
}

/** What the test asks for, where it is not the usual. */
export interface Handshake {
  readonly version?: number;
  readonly subprotocol?: string;
  readonly path?: string;
  readonly host?: string;
}

/** A WebSocket on which a test decides about every byte that leaves. */
export class LightGatewayWire {
  readonly frames = new Arrivals<Frame>("a frame of the ACS");
  readonly gone = new Arrivals<true>("the end of the TCP connection");
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #isUpgraded = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#read();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => this.gone.add(true));
  }

  /** Resolves once the bytes were handed to the operating system. */
  async write(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => this.socket.write(bytes, () => resolve()));
  }

  async say(token: object): Promise<void> {
    await this.write(frame(JSON.stringify({ jsonrpc: "2.0", ...token })));
  }

  /** The next text message; pings are passed over. */
  async text(): Promise<string> {
    for (;;) {
      const { opcode, payload } = await this.frames.take();
      if (opcode === opcodes.text) return payload.toString("utf8");
    }
  }

  /** The code of the close frame that must come next but for pings and texts. */
  async closeCode(): Promise<number> {
    for (;;) {
      const { opcode, payload } = await this.frames.take();
      if (opcode === opcodes.close) return payload.readUInt16BE(0);
    }
  }

  #read(): void {
    if (!this.#isUpgraded) {
      const end = this.#received.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.#isUpgraded = true;
      this.frames.add({ first: -1, opcode: -1, payload: this.#received.subarray(0, end) });
      this.#received = this.#received.subarray(end + 4);
    }
    for (let next = parse(this.#received); next !== undefined; next = parse(this.#received)) {
      this.#received = this.#received.subarray(next.length);
      this.frames.add(next.frame);
    }
  }
}

/** Opens a WebSocket; the test has its bytes from then on. Rejects with the head of the answer where it is refused. */
export async function openLightWire(
  port: number,
  token: string | undefined,
  { version = 13, subprotocol = "cwmp.json", path = "/light", host = "acs" }: Handshake = {},
): Promise<LightGatewayWire> {
  const socket = connect({ port, host: "127.0.0.1" });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const wire = new LightGatewayWire(socket);
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    `Sec-WebSocket-Version: ${version}`,
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    `Sec-WebSocket-Protocol: ${subprotocol}`,
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
  ];
  await wire.write(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`));
  const { payload } = await wire.frames.take();
  if (!payload.toString("latin1").startsWith("HTTP/1.1 101 ")) throw new Error(payload.toString("latin1"));
  return wire;
}

/** A frame as a client sends it. */
export function frame(payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const { opcode = opcodes.text, fin = true, masked = true, mask = Buffer.alloc(4) } = options;
  const bytes = Buffer.from(payload);
  const length = options.length ?? bytes.length;
  const lengthBytes = options.lengthBytes ?? (length < 126 ? 1 : length < 65_536 ? 2 : 8);
  const head = Buffer.alloc(lengthBytes === 1 ? 2 : 2 + lengthBytes);
  head[0] = (fin ? 0x80 : 0) | opcode;
  head[1] = (masked ? 0x80 : 0) | (lengthBytes === 1 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) head.writeUInt16BE(length, 2);
  if (lengthBytes === 8) head.writeBigUInt64BE(BigInt(length), 2);
  if (!masked) return Buffer.concat([head, bytes]);
  return Buffer.concat([head, mask, bytes.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

function parse(bytes: Buffer): { readonly frame: Frame; readonly length: number } | undefined {
  if (bytes.length < 2) return undefined;
  const opcode = bytes.readUInt8(0) & 0x0f;
  const short = bytes.readUInt8(1) & 0x7f;
  const head = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < head) return undefined;
  const size = head === 2 ? short : head === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < head + size) return undefined;
  const first = bytes.readUInt8(0);
  return { frame: { first, opcode, payload: bytes.subarray(head, head + size) }, length: head + size };
}
