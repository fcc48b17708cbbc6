import { createHash } from "node:crypto";
import type { JsonObject } from "@heliograph/protocol";
import { MOST_PUBLICATION_BYTES, subjects, type ChannelName, type Publication } from "../ports/index.ts";
import { refuse, type Refusal } from "./refusal.ts";
import type { NorthboundPorts } from "./settings.ts";

/** What a manager wants to have published. */
export interface PublishWish {
  readonly channel: ChannelName;
  readonly data: JsonObject;
  readonly manager: string;
  readonly idempotencyKey?: string | undefined;
}

const EPOCH_BYTES = 8;

/** Publishes on a channel. Given once it is on disk; who is connected is told then. */
export async function publish(
  { bus, store, clock, random }: NorthboundPorts,
  { channel, data, manager, idempotencyKey }: PublishWish,
): Promise<Publication | Refusal> {
  if (Buffer.byteLength(JSON.stringify(data)) > MOST_PUBLICATION_BYTES) {
    return refuse("too-large", `a publication has at most ${MOST_PUBLICATION_BYTES} bytes`);
  }
  const known = await store.channel(channel);
  if (known?.rules.publishers.includes("managers") === false) {
    return refuse("not-a-publisher", `on ${channel} its members publish, and nobody else`);
  }
  const at = clock.now();
  const id = idempotencyKey === undefined ? random.hex(16) : idOf(manager, idempotencyKey);
  const audit = { at, manager, action: "publish", detail: { channel, id } };
  const change = { channel, id, at, by: manager, data, epoch: newEpoch(random), audit };
  const outcome = await store.commit("publish", change);
  if (outcome.type === "refused") return unknownChannel(channel);
  bus.publish(subjects.published, { channel, sequence: outcome.publication.sequence });
  return outcome.publication;
}

export function newEpoch(random: NorthboundPorts["random"]): string {
  return random.hex(EPOCH_BYTES);
}

export function unknownChannel(name: string): Refusal {
  return refuse(
    "unknown-channel",
    `no channel has the name ${name}: GET /api/v1/channels lists those there are`,
  );
}

/** Keys of different managers are different keys. */
function idOf(manager: string, key: string): string {
  return createHash("sha256")
    .update(JSON.stringify([manager, key]))
    .digest("hex")
    .slice(0, 32);
}
