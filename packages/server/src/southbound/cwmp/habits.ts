import type { JsonObject } from "@heliograph/protocol";
import { asError, BusClosedError, quirkNews, subjects } from "../../ports/index.ts";
import type { Bus, ObservedQuirks, QuirkValue, ResolvedQuirks } from "../../ports/index.ts";
import type { SouthboundPorts } from "../southbound-ports.ts";
import type { Manner } from "./messages.ts";
import type { Meaning } from "./reading.ts";
import type { Session } from "./sessions.ts";

/** How a session's device is written to: as it writes itself, unless a person says otherwise. */
export function mannerOf({ namespace, style, quirks }: Pick<Session, keyof Manner | "quirks">): Manner {
  const { set, values } = quirks;
  const declaration =
    set.declaration === undefined ? (style.declaration ?? false) : set.declaration === "present";
  return {
    namespace,
    style: { declaration, booleans: set.booleans ?? style.booleans ?? values.booleans },
  };
}

/** Whether a device that comes now sends empty POSTs only to be challenged; undefined where it has yet to show. */
export function probesAtFirst(
  hasProbed: boolean,
  { set, values }: Pick<ResolvedQuirks, "set" | "values">,
): boolean | undefined {
  const said = set["empty-post-probes"];
  if (said !== undefined) return said === "yes";
  return hasProbed || values["empty-post-probes"] === "yes" ? true : undefined;
}

type Habits = Pick<Session, "cookies" | "probes" | "probed" | "challenged">;

/** Takes down what a message shows that came in a session. */
export function noteHabits(session: Habits, { cookies, authorization }: Brought, meaning: Meaning): void {
  session.cookies = cookies;
  if (meaning.type !== "input" || meaning.input.type !== "answer") return;
  if (!session.challenged) {
    session.probed = "no";
    session.probes ??= false;
  } else if (authorization !== undefined) {
    // It had been challenged for want of it, and answers now.
    session.probed = "yes";
  }
}

interface Brought {
  readonly cookies: QuirkValue<"cookies">;
  readonly authorization: string | undefined;
}

type Shown = Pick<Session, "declares" | "style" | "probed" | "cookies">;

/** What the device showed in its session. */
export function observedIn({ declares, style, probed, cookies }: Shown): ObservedQuirks {
  return {
    declaration: declares ? "present" : "absent",
    booleans: style.booleans,
    "empty-post-probes": probed,
    cookies,
  };
}

/** Keeps what a device showed, where it was not known; nobody waits for it. */
export function learnFrom(session: Session, ports: SouthboundPorts): void {
  // Whoever waits for approval teaches nothing.
  if (session.owner === undefined) return;
  const news = quirkNews(observedIn(session), session.quirks);
  if (Object.keys(news).length === 0) return;
  const { device } = session;
  learn(news, { device, ports }).catch((error: unknown) => {
    ports.log.warn("what a device showed was not kept", { device, error: asError(error) });
  });
}

async function learn(
  news: ObservedQuirks,
  { device, ports }: Pick<Session, "device"> & { readonly ports: SouthboundPorts },
): Promise<void> {
  const { store, bus, clock } = ports;
  const at = clock.now();
  const events = [{ at, device, name: "quirk-learned", data: shownData(news) }];
  const { models } = await store.commit("learn-quirks", { device, observed: news, at, events });
  if (models) tellAll(bus);
}

/** A hint: whoever stops meanwhile has nobody to tell. */
function tellAll(bus: Bus): void {
  try {
    bus.publish(subjects.configChanged, { what: "quirks" });
  } catch (error) {
    if (!(error instanceof BusClosedError)) throw error;
  }
}

function shownData(news: ObservedQuirks): JsonObject {
  return Object.fromEntries(
    Object.entries(news).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
