import type { StompFrame, StompVersion } from "@heliograph/protocol";
import type {
  Clock,
  ConnectionId,
  SeenMessage,
  TraceDirection,
  TraceFacts,
  TraceWriter,
} from "../../ports/index.ts";
import type { Closing } from "../light/closing.ts";
import type { Message } from "../light/codec.ts";
import type { TransportTap } from "../light/transport.ts";
import type { Subprotocol } from "../subprotocols.ts";
import { FrameTap } from "./frame-tap.ts";
import { ValuesAlone } from "./values-alone.ts";

export interface TappedLink {
  readonly writer: TraceWriter;
  readonly clock: Clock;
  readonly subprotocol: Subprotocol;
  readonly connection: ConnectionId;
  readonly maxMessageBytes: number;
  /** Whether the tap sees all that is said on the connection, from its first byte on. */
  readonly isWhole: boolean;
  /** Bytes that the device has begun to say and not finished. */
  readonly unfinished: () => number;
}

const STOMP: Partial<Record<Subprotocol, StompVersion>> = {
  "v12.stomp": "1.2",
  "v11.stomp": "1.1",
  "v10.stomp": "1.0",
};

/** Shows the trace what is said on a light connection; signs of life are left out. */
export function tapOf(link: TappedLink): TransportTap {
  const version = STOMP[link.subprotocol];
  return version === undefined ? new MessageTap(link) : new StompTap(link, version);
}

/** Each message is whole: a token, or an envelope. */
class MessageTap implements TransportTap {
  readonly #link: TappedLink;
  readonly #alone = new ValuesAlone();

  constructor(link: TappedLink) {
    this.#link = link;
  }

  received(message: Message): void {
    const { text, bytes } = readMessage(message);
    if (bytes === 0) return;
    const known = this.#alone.mayShow(text) ? { namesKnown: true as const } : {};
    add(this.#link, "received", { body: { text, bytes, ...known } });
  }

  sent(message: Message): void {
    const { text, bytes } = readMessage(message);
    if (bytes === 0) return;
    this.#alone.asked(text);
    add(this.#link, "sent", { body: { text, bytes } });
  }

  closing(closing: Closing): void {
    add(this.#link, "noted", { note: `the ACS closes the connection: ${describe(closing)}` });
  }

  closed(closed: Closing): void {
    add(this.#link, "noted", { note: `the connection is closed: ${describe(closed)}` });
  }
}

/** Messages are pieces of a stream of frames. */
class StompTap extends MessageTap {
  readonly #link: TappedLink;
  readonly #names = new ValuesAlone();
  readonly #received: FrameTap;
  readonly #sent: FrameTap;
  /** Whether a frame begins with what comes next: one that had begun before anybody looked is passed over. */
  #isAligned: boolean;

  constructor(link: TappedLink, version: StompVersion) {
    super(link);
    const options = { version, maxBodyBytes: link.maxMessageBytes, isOpen: !link.isWhole };
    this.#link = link;
    this.#received = new FrameTap(options);
    this.#sent = new FrameTap(options);
    this.#isAligned = link.isWhole || link.unfinished() === 0;
  }

  override received(piece: Message): void {
    this.#isAligned ||= this.#link.unfinished() === 0;
    const bytes = bytesOf(piece);
    if (this.#isAligned) this.#tell("received", this.#received, bytes);
    else
      add(this.#link, "received", { note: `${bytes.length} bytes of a frame that began before the trace` });
  }

  override sent(piece: Message): void {
    this.#tell("sent", this.#sent, bytesOf(piece));
  }

  #tell(direction: "received" | "sent", tap: FrameTap, piece: Uint8Array): void {
    for (const tapped of tap.read(piece)) {
      if (tapped.type === "note") add(this.#link, direction, { note: tapped.note });
      else add(this.#link, direction, this.#seen(direction, tapped.frame));
    }
  }

  #seen(
    direction: "received" | "sent",
    { command, headers, body }: StompFrame,
  ): Omit<SeenMessage, keyof TraceFacts> {
    const head = { line: command, headers };
    if (body.length === 0) return { head };
    const text = Buffer.from(body).toString("utf8");
    const id = headers.get("request-id") ?? "";
    if (direction === "sent") this.#names.asked(text, id);
    const isKnown = direction === "received" && this.#names.mayShow(text, id);
    return { head, body: { text, bytes: body.length, ...(isKnown ? { namesKnown: true } : {}) } };
  }
}

type Said = Omit<SeenMessage, Exclude<keyof TraceFacts, "note">>;

function add(
  { writer, clock, subprotocol, connection }: TappedLink,
  direction: TraceDirection,
  said: Said,
): void {
  writer.add({ at: clock.now(), direction, binding: subprotocol, connection, ...said });
}

function readMessage(message: Message): { readonly text: string; readonly bytes: number } {
  if (typeof message === "string") return { text: message, bytes: Buffer.byteLength(message) };
  return { text: Buffer.from(message).toString("utf8"), bytes: message.length };
}

function bytesOf(message: Message): Uint8Array {
  return typeof message === "string" ? Buffer.from(message) : message;
}

function describe({ code, reason }: Closing): string {
  return reason === "" ? String(code) : `${code} ${reason}`;
}
