import { createHash } from "node:crypto";
import type { AcsParams, TokenId } from "@heliograph/protocol";
import { unreachable } from "../../ports/index.ts";
import type { OwnChannels } from "./channels/own-channels.ts";
import type { SouthboundPorts } from "../southbound-ports.ts";
import type { ConnectionInput, EngineEffect } from "./connection.ts";
import type { LightOwner } from "./light-owner.ts";

export interface AskingMeans {
  readonly ports: SouthboundPorts;
  readonly owner: LightOwner;
  readonly channels: OwnChannels;
  /** The token's. */
  readonly authTime: number;
}

/** Asks the engine what the connection wants to know, and gives what came of it. */
export async function ask(effect: EngineEffect, means: AskingMeans): Promise<readonly ConnectionInput[]> {
  const { owner, authTime } = means;
  const before = owner.generation;
  switch (effect.type) {
    case "ask-attach": {
      const { maxInFlight, maxMessageBytes, replayWindow } = effect.limits;
      const reply = await owner.attach({ maxInFlight, replayWindow, authTime });
      if (reply.type !== "attached") return [{ type: "attached", reply }];
      const channels = effect.channels && (await means.channels.attach(effect.channels, maxMessageBytes));
      means.channels.monitor.begin();
      return [{ type: "attached", reply, ...(channels === undefined ? {} : { channels }) }];
    }
    case "tell-channels":
      means.channels.begin();
      return [];
    case "channel":
      means.channels.heed(effect.wish);
      return [];
    case "monitor":
      means.channels.monitor.heed(effect.said);
      return [];
    case "inform": {
      const reply = await owner.inform(informOf(effect, means));
      return [{ type: "informed", id: effect.id, reply }, ...ownerChanged(owner, before)];
    }
    case "report": {
      const reply = await owner.report(effect);
      return [{ type: "reported", id: effect.id, reply }, ...ownerChanged(owner, before)];
    }
    default:
      return unreachable(effect);
  }
}

/** An engine to which the connection had to be announced anew does not know how the device was attached. */
function ownerChanged(owner: LightOwner, before: number | undefined): readonly ConnectionInput[] {
  const now = owner.generation;
  return now === undefined || now === before ? [] : [{ type: "owner-changed" }];
}

function informOf(
  { id, params }: Extract<EngineEffect, { readonly type: "inform" }>,
  { ports }: AskingMeans,
): Parameters<LightOwner["inform"]>[0] {
  return {
    inform: nameOf(id, params) ?? ports.random.hex(16),
    at: ports.clock.now(),
    events: params.Event.map(({ EventCode, CommandKey = "" }) => ({
      code: EventCode,
      commandKey: CommandKey,
    })),
    parameters: params.ParameterList,
  };
}

/**
 * A device that got no answer says the same under the same id again. What differs is another Inform, also of a device that
 * uses its ids twice. Undefined where it has no id.
 */
function nameOf(id: TokenId | undefined, params: AcsParams<"Inform">): string | undefined {
  if (id === undefined) return undefined;
  return createHash("sha256")
    .update(JSON.stringify([id, params]))
    .digest("hex")
    .slice(0, 32);
}
