import type { JsonObject, ParameterValues } from "@heliograph/protocol";
import {
  factsOf,
  type Announcement,
  type EngineId,
  type InformEvent,
  type LightInform,
  type NewEvent,
  type OpenConnection,
  type RecordInform,
  type Urgency,
} from "../ports/index.ts";
import { withoutTokens } from "./references.ts";

/** These say nothing but that the device is alive: they are not stored one by one. */
const PLAIN_EVENTS: ReadonlySet<string> = new Set(["2 PERIODIC", "14 HEARTBEAT"]);
const MAX_NAME_CHARS = 64;

/** What an Inform that opens a session changes in the store. */
export function openConnection(announced: Announcement, engine: EngineId): OpenConnection {
  const { device, connection, gateway, at } = announced;
  return {
    key: device,
    connection: { id: connection, transport: "classic", gateway, engine, openedAt: at },
    address: announced.address,
    credentialVersion: announced.credentialVersion,
    style: announced.style,
    lightSubprotocol: announced.offer?.subprotocol,
    ...said(announced),
  };
}

/** How soon an opening is stored: a device that has nothing to say is in no hurry, and all of a fleet say that ever again. */
export function urgencyOf({ events }: Pick<Announcement, "events">): Urgency {
  return events.every(({ code }) => PLAIN_EVENTS.has(code)) ? "soon" : "now";
}

/** What an Inform over a light connection changes in the store. */
export function recordInform(inform: LightInform): RecordInform {
  const { device, connection, generation } = inform;
  const reportKey = `inform ${connection} ${inform.inform}`;
  return { key: device, connection, generation, reportKey, ...said(inform) };
}

type Inform = Pick<Announcement, "device" | "at" | "events" | "parameters">;

function said(inform: Inform) {
  const { at, events } = inform;
  const parameters = withoutTokens(inform.parameters);
  return {
    at,
    facts: factsOf(parameters),
    parameters,
    booted: events.some((event) => event.code === "1 BOOT"),
    bootstrapped: events.some((event) => event.code === "0 BOOTSTRAP"),
    events: storedEvents(inform),
  };
}

/** `4 VALUE CHANGE` becomes `value-change`, `M Reboot` `m-reboot`: one subject token, whatever a device sends. */
export function eventName(code: string): string {
  const words = code.replace(/^\d+\s+/, "").toLowerCase();
  const name = words.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return name === "" ? "unnamed" : name.slice(0, MAX_NAME_CHARS);
}

function storedEvents({ events, device, at, parameters }: Inform): readonly NewEvent[] {
  return events
    .filter((event) => !PLAIN_EVENTS.has(event.code))
    .map((event) => ({ at, device, name: eventName(event.code), data: eventData(event, parameters) }));
}

/** A value change names the parameters the Inform carried, without their values. */
function eventData(event: InformEvent, parameters: ParameterValues): JsonObject {
  const named = { code: event.code, commandKey: event.commandKey };
  if (event.code !== "4 VALUE CHANGE") return named;
  const paths = Object.entries(parameters).flatMap(([object, leaves]) =>
    Object.keys(leaves).map((leaf) => `${object}${leaf}`),
  );
  return { ...named, parameters: paths };
}
