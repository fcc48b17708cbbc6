import type { Timer } from "../../ports/index.ts";
import type { Admission, AdmissionMeans, Admitted, Visitor } from "./admission.ts";
import { traceRefusal } from "../trace/trace-link.ts";
import { closing } from "./closing.ts";
import type { Closing } from "./closing.ts";
import type { LightCodec, Message, Said } from "./codec.ts";
import { closingOf } from "./refusal.ts";
import type { Transport, TransportListener } from "./transport.ts";

export type OpeningSaid = Extract<Said, { readonly type: "attach" }>;

/** By what a device opened its session. */
export interface Greeting {
  readonly said: OpeningSaid;
  /** The messages that it came in, where anybody is traced. */
  readonly heard: readonly Message[];
}

/** A connection that is nobody's yet. */
export interface Guest {
  readonly visitor: Visitor;
  readonly transport: Transport;
  readonly codec: LightCodec;
  /** The device has said who it is, and may open connections. */
  readonly onAdmitted: (admitted: Admitted, greeting: Greeting) => void;
}

export interface WaitingRoomMeans extends AdmissionMeans {
  readonly admission: Admission;
}

/** All that is needed to say who one is; a token has at most 4096 characters. */
const MOST_BYTES = 16 * 1024;
const tooMuch = closing("tooLarge", "it is too much before the session is open");
/** A message that does not end is heard of by no listener: it is looked for. */
const LOOK_MS = 1_000;

/** Holds connections whose devices say who they are by their subprotocol: few, and not for long. No engine hears of them. */
export class WaitingRoom {
  readonly #means: WaitingRoomMeans;
  #waiting = 0;

  constructor(means: WaitingRoomMeans) {
    this.#means = means;
  }

  get isFull(): boolean {
    return this.#waiting >= this.#means.bounds.maxWaiting;
  }

  take(guest: Guest): void {
    this.#waiting += 1;
    const waiting = new Waiting(this.#means, guest, () => {
      this.#waiting -= 1;
    });
    waiting.begin();
  }
}

class Waiting implements TransportListener {
  readonly #means: WaitingRoomMeans;
  readonly #guest: Guest;
  readonly #onLeft: () => void;
  #timer: Timer | undefined;
  #look: Timer | undefined;
  readonly #heard: Message[] = [];
  #bytes = 0;
  #hasLeft = false;

  constructor(means: WaitingRoomMeans, guest: Guest, onLeft: () => void) {
    this.#means = means;
    this.#guest = guest;
    this.#onLeft = onLeft;
  }

  begin(): void {
    const { ports, bounds, connections } = this.#means;
    const { transport } = this.#guest;
    connections.part(transport);
    this.#timer = ports.clock.after(bounds.connectMs, () => {
      this.#close(closing("unreadable", "no session was opened in time"));
    });
    this.#watch();
    transport.listen(this);
    transport.resume();
  }

  onMessage(message: Message, bytes: number): void {
    if (this.#hasLeft) return;
    this.#bytes += bytes;
    if (this.#bytes > MOST_BYTES) {
      this.#close(tooMuch);
      return;
    }
    if (this.#means.ports.traces.isOpen) this.#heard.push(message);
    for (const said of this.#guest.codec.read(message)) this.#hear(said);
  }

  onControl(): void {
    // A sign of life opens no session.
  }

  onBroken(broken: Closing): void {
    this.#close(broken);
  }

  onClosed(): void {
    this.#leave();
    this.#means.connections.forget(this.#guest.transport);
  }

  #watch(): void {
    this.#look = this.#means.ports.clock.after(LOOK_MS, () => {
      this.#watch();
      if (this.#bytes + this.#guest.transport.unfinished > MOST_BYTES) this.#close(tooMuch);
    });
  }

  #hear(said: Said): void {
    if (said.type === "unreadable") this.#close({ code: said.code, reason: said.detail });
    else if (said.type === "attach") void this.#admit(said);
  }

  async #admit(said: OpeningSaid): Promise<void> {
    const { admission, connections, ports } = this.#means;
    const { visitor, transport, onAdmitted } = this.#guest;
    const { passcode: token, speaks } = said;
    const subprotocols = speaks === undefined ? visitor.handshake.subprotocols : [speaks];
    const handshake = { ...visitor.handshake, subprotocols, token };
    // Its socket is among those that are counted.
    const admitted = await admission.admit({ ...visitor, handshake });
    if (this.#hasLeft) return;
    if ("status" in admitted) {
      const { status, line, device } = admitted;
      ports.log.warn("light-refused", { address: visitor.address, device, status, reason: line });
      traceRefusal(ports, visitor, admitted);
      this.#close(closingOf(admitted));
      return;
    }
    this.#leave();
    connections.forget(transport);
    onAdmitted(admitted, { said, heard: this.#heard });
  }

  #close(how: Closing): void {
    if (this.#hasLeft) return;
    this.#leave();
    const { codec, transport } = this.#guest;
    const last = codec.writeClosing?.(how);
    if (last !== undefined) transport.send(last);
    transport.close(how);
  }

  #leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#timer?.cancel();
    this.#look?.cancel();
    this.#onLeft();
  }
}
