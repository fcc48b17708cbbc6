import type { LightParams, Publish } from "@heliograph/protocol";
import type { PolicyMemory } from "../policies/policy-memory.ts";

export type PublishResult = LightParams<"PublishResult">;

/** What a device keeps of its channels over restarts. */
export interface ChannelMemory {
  /** By channel: everything up to there is applied. */
  readonly positions: Readonly<Record<string, ChannelPosition>>;
  /** What the ACS has not taken note of yet, in order. */
  readonly owed: readonly PublishResult[];
  /** What it holds because of them; left out where it was never told of a policy. */
  readonly policies?: PolicyMemory;
}

export interface ChannelPosition {
  readonly Epoch: string;
  readonly Offset: number;
}

export const noChannels: ChannelMemory = { positions: {}, owed: [] };

/** What there is to do about a publication: it is the next one, it was applied before, or some are missing in front of it. */
export function placeOf({ positions }: ChannelMemory, published: Publish): "next" | "known" | "after-a-gap" {
  if (published.State === true) return "next";
  const known = positions[published.Channel];
  if (known?.Epoch !== published.Epoch || published.Offset > known.Offset + 1) return "after-a-gap";
  return published.Offset <= known.Offset ? "known" : "next";
}

/** It is applied, or cannot be: the position and what is owed because of it are kept together. */
export function applied(
  memory: ChannelMemory,
  { Channel, Epoch, Offset, Answer }: Publish,
  result: Pick<PublishResult, "Status" | "Data">,
): ChannelMemory {
  const { positions, owed } = memory;
  return {
    ...memory,
    positions: { ...positions, [Channel]: { Epoch, Offset } },
    owed: Answer === true ? [...owed, { Channel, Epoch, Offset, ...result }] : owed,
  };
}

/** What was said of a channel's last publication is not so any more; of that, nothing else is owed but what may be out. */
export function saidAgain(
  memory: ChannelMemory,
  channel: string,
  result: Pick<PublishResult, "Status" | "Data">,
): ChannelMemory {
  const position = memory.positions[channel];
  if (position === undefined) return memory;
  const { Epoch, Offset } = position;
  const owed = memory.owed.filter(
    (each, index) =>
      index === 0 || !(each.Channel === channel && each.Epoch === Epoch && each.Offset === Offset),
  );
  return { ...memory, owed: [...owed, { Channel: channel, ...position, ...result }] };
}

export function resultTaken(memory: ChannelMemory): ChannelMemory {
  return { ...memory, owed: memory.owed.slice(1) };
}

/** A channel that the device is no member of any more says nothing to it, and later begins anew. */
export function memberOf(memory: ChannelMemory, channels: ReadonlySet<string>): ChannelMemory {
  const positions = Object.entries(memory.positions).filter(([name]) => channels.has(name));
  return { ...memory, positions: Object.fromEntries(positions) };
}
