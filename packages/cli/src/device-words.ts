import type { Approval, Device, Reachability } from "@heliograph/api";
import type { Cell, Tone } from "./output.ts";
import { elapsedTime, relativeAndClock } from "./time-words.ts";

const REACHABILITY_TONES: Readonly<Record<Reachability, Tone>> = {
  connected: "good",
  wakeable: "strong",
  unreachable: "bad",
};

const APPROVAL_TONES: Readonly<Record<Approval, Tone>> = {
  approved: "good",
  waiting: "unsure",
  rejected: "bad",
};

export function reachabilityCell({ reachability }: Device): Cell {
  return { text: reachability, tone: REACHABILITY_TONES[reachability] };
}

/**
 * How the device can be reached, among other devices: of a connected one also how and for how long, of a lapsed one that, of
 * one that somebody claims that instead.
 */
export function stateCell(device: Device, now: number): Cell {
  const { approval, claim, reachability, connection, light } = device;
  if (approval !== "approved") return approvalCell(device);
  if (claim !== undefined && claim.approved === undefined)
    return { text: `${reachability} (claimed)`, tone: "unsure" };
  const tone = REACHABILITY_TONES[reachability];
  if (connection?.transport === "light") {
    const { subprotocol = "light", since } = connection;
    return { text: `${reachability} (${subprotocol}, ${elapsedTime(since, now)})`, tone };
  }
  return { text: light?.lapsed === true ? `${reachability} (lapsed)` : reachability, tone };
}

/** What connects the device with the ACS, in a sentence; undefined for a plain TR-069 device that is in no session. */
export function connectionSentence({ connection, light }: Device, now: number): string | undefined {
  if (connection !== undefined) {
    const { transport, subprotocol, since } = connection;
    const way = transport === "light" ? ["light", subprotocol] : ["in a session"];
    return [...way, `since ${relativeAndClock(since, now)}`].filter((part) => part !== undefined).join(", ");
  }
  if (light === undefined) return undefined;
  return light.lapsed
    ? `none; it was referred to ${light.subprotocol} and did not come: its sessions carry its calls until it does`
    : `none; it speaks ${light.subprotocol}`;
}

export function approvalCell({ approval }: Device): Cell {
  return { text: approval, tone: APPROVAL_TONES[approval] };
}

/** Who says to be the device without its credentials, in a sentence; undefined where nobody does. */
export function claimSentence({ claim }: Device, now: number): string | undefined {
  if (claim === undefined) return undefined;
  const { at, last, address, count, approved } = claim;
  if (approved !== undefined)
    return `approved ${relativeAndClock(approved, now)}; its first contact is awaited`;
  const times = count === 1 ? "" : `, ${count} times since ${relativeAndClock(at, now)}`;
  return `somebody at ${address} says that it was reset, ${relativeAndClock(last, now)}${times}`;
}

/** Whether the device logs in with credentials of its own, in a sentence. */
export function credentialsSentence({ credentials }: Device): string {
  switch (credentials) {
    case "none":
      return "none of its own yet";
    case "staged":
      return "its own, sent but not confirmed yet";
    case "confirmed":
      return "its own, confirmed";
    case "refused":
      return "refused by the device, which keeps those it had";
    case "rotating":
      return "its own, confirmed; it is to be given new ones";
  }
}
