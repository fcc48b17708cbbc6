import { envelopeText } from "../envelopes.ts";
import { frame, opcodes, type FrameOptions, type LightGatewayWire } from "../light-gateway-wire.ts";

/** A light connection that is open, and on which every byte is its owner's. */
export class LightPeer implements Disposable {
  readonly #wire: LightGatewayWire;

  constructor(wire: LightGatewayWire) {
    this.#wire = wire;
  }

  /** Resolves once the bytes were handed to the operating system, or are lost. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#wire.write(bytes);
  }

  async frame(payload: string | Uint8Array, options: FrameOptions = {}): Promise<void> {
    await this.write(frame(payload, options));
  }

  async say(token: object): Promise<void> {
    await this.#wire.say(token);
  }

  /** The next text message. */
  hear(): Promise<string> {
    return this.#wire.text();
  }

  /** Whatever else it is asked to do has it read again. */
  stopReading(): void {
    this.#wire.socket.pause();
  }

  /** The code with which the server closes the connection; other frames before it are passed over. */
  closing(): Promise<string> {
    return this.#next(() => undefined);
  }

  /** `pong` where a ping is answered, else how the connection ended. */
  async pong(): Promise<string> {
    await this.frame("", { opcode: opcodes.ping });
    return this.#next((_, opcode) => (opcode === opcodes.pong ? "pong" : undefined));
  }

  /** What an honest question gets: `served` where it is answered, a fault's code, or how the connection ended. */
  async standing(question: object = { method: "GetRPCMethods" }): Promise<string> {
    await this.say({ id: "still-there", ...question });
    return this.#next((text) => {
      if (!text.includes('"still-there"')) return undefined;
      const fault = /"code":(-?\d+)/.exec(text)?.[1];
      return fault === undefined ? "served" : `fault ${fault}`;
    });
  }

  /** The same, of a device that speaks SOAP on its socket. */
  async standingBySoap(): Promise<string> {
    await this.frame(envelopeText("<cwmp:GetRPCMethods/>", { id: "still-there" }));
    return this.#next((text) => {
      if (!text.includes("still-there")) return undefined;
      const fault = /<FaultCode>(\d+)</.exec(text)?.[1];
      return fault === undefined ? "served" : `fault ${fault}`;
    });
  }

  [Symbol.dispose](): void {
    this.#wire.socket.destroy();
  }

  /** The first frame that says something, or how the connection ended before. */
  async #next(read: (text: string, opcode: number) => string | undefined): Promise<string> {
    this.#wire.socket.resume();
    const end = this.#wire.gone.take().then(
      () => "cut",
      () => "still open",
    );
    const said = async (): Promise<string> => {
      for (;;) {
        const { opcode, payload } = await this.#wire.frames.take();
        if (opcode === opcodes.close) return `closed with ${payload.readUInt16BE(0)}`;
        const found = read(payload.toString("utf8"), opcode);
        if (found !== undefined) return found;
      }
    };
    return Promise.race([said().catch(() => end), end]);
  }
}
