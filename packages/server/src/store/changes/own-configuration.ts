import { OWN_POLICY, ownerOf, privateChannel, publicationOf, type Publishing } from "../../ports/index.ts";
import { findChannel } from "../channel-rows.ts";
import type { Database } from "../database.ts";
import { findConfiguration } from "../policy-rows.ts";
import { appendPublication } from "./publications.ts";

/**
 * Whoever missed too much of a channel is told its newest publication as all there is to know. On a device's own channel that
 * is what it is configured to, so it is said again after whatever else is said there.
 */
export function repeatConfiguration(
  db: Database,
  { channel, at, data }: Pick<Publishing, "channel" | "at" | "data">,
): void {
  const device = ownerOf(channel);
  const isOther = device === undefined || channel !== privateChannel(device, "config");
  if (isOther || data["Policy"] === OWN_POLICY) return;
  const own = findConfiguration(db, device);
  const known = findChannel(db, channel);
  if (own === undefined || known === undefined) return;
  const { version, content } = own;
  const said = { ...publicationOf(OWN_POLICY, version, content) };
  const id = `${OWN_POLICY} ${version} again ${known.head + 1}`;
  appendPublication(db, known, { channel, id, at, by: "policies", data: said });
}
