import type { JsonObject } from "@heliograph/protocol";
import { MOST_PUBLICATION_BYTES, privateChannel, withoutSecrets } from "../../ports/index.ts";
import { findChannel } from "../channel-rows.ts";
import type { Database } from "../database.ts";
import { readDocument } from "../document.ts";
import type { WrittenChanges } from "../written-change.ts";
import { appendPublication } from "./publications.ts";

/** What an Inform says. */
type Said = Pick<WrittenChanges["open-connection"], "key" | "at" | "events" | "parameters">;

/**
 * Publishes what an Inform tells on the monitor of its device, where somebody has wanted that to be kept: a device that nobody
 * monitors costs one look, and one that has nothing to tell not even that.
 */
export function tellMonitor(db: Database, said: Said): void {
  if (said.events.length === 0) return;
  const name = privateChannel(said.key, "monitor");
  const channel = findChannel(db, name);
  if (channel === undefined) return;
  const id = `inform ${channel.head + 1}`;
  appendPublication(db, channel, { channel: name, id, at: said.at, by: said.key, data: told(said) });
}

/** As the Inform has it, without secrets; values stand there where it tells of a change. */
function told({ at, events, parameters }: Said): JsonObject {
  const Event = events.map(({ name, data }) => ({
    EventCode: data["code"] ?? name,
    CommandKey: data["commandKey"] ?? "",
  }));
  const bare = { Event, CurrentTime: new Date(at).toISOString() };
  const isChange = events.some(({ data }) => data["parameters"] !== undefined);
  const whole = isChange ? { ...bare, ParameterList: withoutSecrets(readDocument(parameters)) } : bare;
  return Buffer.byteLength(JSON.stringify(whole)) > MOST_PUBLICATION_BYTES ? bare : whole;
}
