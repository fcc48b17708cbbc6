import type { DeviceNews, PassedOnReply } from "../ports/index.ts";
import type { DeviceReply } from "./effects.ts";
import type { DeviceInput } from "./state.ts";

/** What an input is for the engine whose device it is; undefined where it concerns this engine's own turn alone. */
export function newsOf(input: DeviceInput): DeviceNews | undefined {
  switch (input.type) {
    case "accepted":
      return { type: "accepted", operation: input.operation };
    case "cancel":
      return { type: "cancel", operation: input.operation, manager: input.manager };
    case "settled":
      return { type: "settled", operation: input.operation };
    case "informed":
      return { type: "informed", events: input.events };
    case "returned": {
      const { connection, generation, ended } = input;
      return { type: "returned", connection, generation, ended };
    }
    case "doubted":
    case "relieved":
    case "rotated":
      return { type: input.type };
    default:
      return undefined;
  }
}

/** The news by this engine's own clock. */
export function inputOf(news: DeviceNews, now: number): DeviceInput {
  return { ...news, now };
}

export function replyTo(reply: DeviceReply | undefined): PassedOnReply {
  if (reply === undefined || reply.type === "call" || reply.type === "nothing") return { type: "none" };
  return { type: reply.type };
}

/** What the owner said, as if it had been said here. */
export function replyOf({ type }: PassedOnReply): DeviceReply | undefined {
  return type === "none" || type === "not-mine" ? undefined : { type };
}
