import type { LiveMessage } from "@heliograph/api";
import type { JsonObject, ParameterValues } from "@heliograph/protocol";
import { mayRead, withoutSecrets, type Rights } from "../../ports/index.ts";
import { showTime } from "../show-time.ts";
import type { LiveSaid } from "./live-said.ts";

/** As somebody with these rights is told it. */
export function showLive(said: LiveSaid, rights: Rights): LiveMessage {
  if (said.type === "values") {
    return { type: "values", at: showTime(said.at), values: visible(said.values, rights) };
  }
  const { way, everyMs, path, detail } = said;
  return {
    type: "way",
    way,
    ...(everyMs === undefined ? {} : { every: everyMs / 1000 }),
    ...(path === undefined ? {} : { path }),
    ...(detail === undefined ? {} : { detail }),
  };
}

function visible(values: ParameterValues, { read, secrets }: Rights): JsonObject {
  const objects = Object.entries(values).map(([object, leaves]) => {
    const readable = Object.entries(leaves).filter(([leaf]) => mayRead(object + leaf, read));
    return [object, Object.fromEntries(readable)] as const;
  });
  const shown = Object.fromEntries(objects.filter(([, leaves]) => Object.keys(leaves).length > 0));
  return secrets === "shown" ? shown : withoutSecrets(shown);
}
