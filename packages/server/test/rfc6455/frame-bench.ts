import assert from "node:assert/strict";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { startListener } from "../../src/southbound/listener.ts";
import { openLightBench } from "../light-gateway-bench.ts";
import type { LightBench } from "../light-gateway-bench.ts";
import type { LightGatewayWire } from "../light-gateway-wire.ts";
import { frame, openLightWire, opcodes } from "../light-gateway-wire.ts";

const CLOSE_TIMEOUT_MS = 200;

/** A gateway behind the listener that devices use, and raw WebSockets to it, each of a device of its own. */
export interface FrameBench extends AsyncDisposable {
  readonly light: LightBench;
  readonly port: number;
  wire(): Promise<LightGatewayWire>;
  /** A token that is good for a device that nobody else is. */
  token(): Promise<string>;
}

export async function openFrameBench(): Promise<FrameBench> {
  const stack = new AsyncDisposableStack();
  const light = stack.use(await openLightBench({ bounds: { closeTimeoutMs: CLOSE_TIMEOUT_MS } }));
  const cwmp = { serve: () => undefined };
  const listener = await startListener({ cwmp, light: light.gateway }, { host: "127.0.0.1", port: 0 });
  stack.defer(() => listener.close());
  const { port } = listener.address;
  let devices = 0;
  const token = async (): Promise<string> => {
    devices += 1;
    return (await light.enrol(`S${devices}`)).token;
  };
  return {
    light,
    port,
    token,
    async wire() {
      const wire = await openLightWire(port, await token());
      stack.defer(() => void wire.socket.destroy());
      return wire;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** A request that is answered with its id. */
export function asking(id: string, padding = 0): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method: "GetRPCMethods", params: {}, ...filler(padding) });
}

function filler(length: number): object {
  return length === 0 ? {} : { filler: "x".repeat(length) };
}

/** The next text must be the answer to that request. */
export async function assertAnswered(wire: LightGatewayWire, id: string): Promise<void> {
  const answer: unknown = JSON.parse(await wire.text());
  assert.ok(typeof answer === "object" && answer !== null && "result" in answer && "id" in answer);
  assert.equal(answer.id, id);
}

/** A pong with that payload must come next. */
export async function assertPong(wire: LightGatewayWire, payload: string | Uint8Array): Promise<void> {
  const { opcode, payload: echoed } = await wire.frames.take();
  assert.equal(opcode, opcodes.pong);
  assert.deepEqual(echoed, Buffer.from(payload));
}

/** A close frame must come next, then the end of the TCP connection, and nothing between them. */
export async function assertClosed(wire: LightGatewayWire, code: number | "none"): Promise<void> {
  const { opcode, payload } = await wire.frames.take();
  assert.equal(opcode, opcodes.close);
  assert.equal(payload.length === 0 ? "none" : payload.readUInt16BE(0), code);
  await wire.gone.take();
  assert.equal(wire.frames.untaken, 0);
}

/** The payload of a close frame. */
export function closing(code: number, reason: string | Uint8Array = ""): Buffer {
  return Buffer.concat([Uint8Array.of(code >> 8, code & 0xff), Buffer.from(reason)]);
}

/** The frames of a message that is cut into these pieces. */
export function fragments(pieces: readonly (string | Uint8Array)[], opcode: number = opcodes.text): Buffer[] {
  return pieces.map((piece, index) =>
    frame(piece, {
      opcode: index === 0 ? opcode : opcodes.continuation,
      fin: index === pieces.length - 1,
    }),
  );
}

/** A connection on which a handshake of the test's own may be written. */
export async function openBare(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return socket;
}
