import { accept, refuse, writeFrame } from "@heliograph/protocol";
import type { Acknowledgement, Decoded, Publish, StompVersion, SubscribeFrame } from "@heliograph/protocol";
import { spokenName, type Position } from "../../ports/index.ts";
import { CHANNEL, positionIn } from "../../stomp/publication-headers.ts";
import type { ServedSession } from "../../stomp/served-session.ts";
import type { Told } from "./channels/place.ts";
import type { Telling, Written } from "./channels/telling.ts";
import type { ChannelWish } from "./channels/wish.ts";
import type { Said } from "./codec.ts";
import { JSON_TYPE } from "./stomp-bodies.ts";

const COMMAND = "MESSAGE";
/** The empty line and the NUL that end a frame without a body. */
const END_BYTES = 2;

/** A device's subscription to one of its channels. */
interface Subscribed {
  readonly id: string;
  /** By the device's name for it. */
  readonly channel: string;
  /** Offsets that it was told and has not acknowledged yet, in order. */
  readonly unsettled: Set<number>;
  told: Position | undefined;
}

/** The channels that a device subscribes to over one session [LIGHT 5]. */
export class StompChannels {
  readonly #byChannel = new Map<string, Subscribed>();

  /** Undefined where the destination is no channel. */
  subscribe({ id, destination, ack, headers }: SubscribeFrame): Decoded<ChannelWish> | undefined {
    const channel = destination.startsWith(CHANNEL)
      ? spokenName(destination.slice(CHANNEL.length))
      : undefined;
    if (channel === undefined) return undefined;
    if (this.#byChannel.has(channel)) {
      return refuse("id-in-use", "SUBSCRIBE.destination", "it is subscribed to");
    }
    const position = positionIn(headers);
    if (!position.ok) return position;
    this.#byChannel.set(channel, { id, channel, unsettled: new Set(), told: undefined });
    const kept = ack === "auto" ? undefined : "kept";
    return accept({ type: "subscribe", channel, position: position.value ?? kept });
  }

  /** Undefined where it is no channel's. */
  unsubscribe(id: string): ChannelWish | undefined {
    const subscribed = this.#find(id);
    if (subscribed === undefined) return undefined;
    this.#byChannel.delete(subscribed.channel);
    return { type: "unsubscribe", channel: subscribed.channel };
  }

  /** What was settled moves the position up to the first that is not [LIGHT 5]. */
  acknowledged(acknowledgements: readonly Acknowledgement[]): readonly Said[] {
    return acknowledgements.flatMap(({ subscription, deliveries }) => {
      const subscribed = this.#find(subscription);
      const { told } = subscribed ?? {};
      if (subscribed === undefined || told === undefined) return [];
      const { unsettled, channel } = subscribed;
      for (const { messageId } of deliveries) unsettled.delete(Number(messageId.split("-").at(-1)));
      const [first] = unsettled;
      const position = { epoch: told.epoch, offset: first === undefined ? told.offset : first - 1 };
      return [{ type: "channel", wish: { type: "acknowledge", channel, position } }];
    });
  }

  write(telling: Telling, session: ServedSession<Said>): Written | Exclude<Told, "told"> {
    const { Channel, Epoch: epoch, Offset: offset } = telling.said;
    const subscribed = this.#byChannel.get(Channel);
    if (subscribed === undefined) return "never";
    const { id, unsettled } = subscribed;
    const delivering = session.deliver({ subscription: id, messageId: messageIdOf(telling.said) });
    if (delivering === "wait") return "later";
    if (delivering === "drop") return "never";
    if (subscribed.told?.epoch !== epoch) unsettled.clear();
    subscribed.told = { epoch, offset };
    if (delivering.ack !== undefined) unsettled.add(offset);
    const { version, isText } = session;
    const shared = telling.shared(version, (said) => writeShared(said, version));
    return { bytes: Buffer.concat([writeOwn(id, delivering.ack, version), shared]), isText };
  }

  #find(id: string): Subscribed | undefined {
    return [...this.#byChannel.values()].find((each) => each.id === id);
  }
}

function messageIdOf({ Epoch, Offset }: Publish): string {
  return `${Epoch}-${Offset}`;
}

/** What differs from one device to the next: the frame's beginning, up to its last own header. */
function writeOwn(subscription: string, ack: string | undefined, version: StompVersion): Uint8Array {
  const headers = new Map([
    ["subscription", subscription],
    ...(ack === undefined ? [] : [["ack", ack] as const]),
  ]);
  const written = writeFrame({ command: COMMAND, headers, body: new Uint8Array() }, version);
  // The device has subscribed by that id: it can be written.
  return written.ok ? written.value.subarray(0, -END_BYTES) : new Uint8Array();
}

/** The rest of the frame, which is the same for all. */
function writeShared(said: Publish, version: StompVersion): Uint8Array {
  const { Channel, Epoch, Offset, State, Answer, Data } = said;
  const headers = new Map([
    ["destination", `${CHANNEL}${Channel}`],
    ["message-id", messageIdOf(said)],
    ["content-type", JSON_TYPE],
    ["epoch", Epoch],
    ["offset", String(Offset)],
    ...(State === true ? [["state", "true"] as const] : []),
    ...(Answer === true ? [["answer", "true"] as const] : []),
  ]);
  const body = Buffer.from(JSON.stringify(Data));
  const written = writeFrame({ command: COMMAND, headers, body }, version);
  return written.ok ? written.value.subarray(COMMAND.length + 1) : new Uint8Array();
}
