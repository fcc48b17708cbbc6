import { MAX_EVENTS } from "@heliograph/protocol";
import type { AcsRequest } from "@heliograph/protocol";
import { withEvent, withoutEvents } from "./events.ts";
import type { DeviceEvent } from "./events.ts";

/** What a device owes its ACS, as plain JSON; it outlives restarts. */
export interface Agenda {
  /** Undelivered events, in the order in which they happened. */
  readonly events: readonly DeviceEvent[];
  /** Parameters whose change a `4 VALUE CHANGE` tells of. */
  readonly changed: readonly string[];
  /** Requests to the ACS that were not answered yet, such as TransferComplete. */
  readonly requests: readonly AcsRequest[];
  /** The ACS that knows of this device; another one gets a `0 BOOTSTRAP` first. Empty where none does. */
  readonly bootstrappedAt: string;
}

export const emptyAgenda: Agenda = { events: [], changed: [], requests: [], bootstrappedAt: "" };

/** What one session is to deliver: what happens while it runs waits for the next. */
export interface Delivery {
  readonly events: readonly DeviceEvent[];
  readonly changed: readonly string[];
  readonly requests: number;
}

export function noteEvent(agenda: Agenda, event: DeviceEvent): Agenda {
  const events = withEvent(agenda.events, event);
  return event.EventCode === "0 BOOTSTRAP"
    ? { ...agenda, events, changed: [], requests: [] }
    : { ...agenda, events };
}

/** A parameter changed whose Notification attribute asks to tell of it. */
export function noteChange(agenda: Agenda, path: string): Agenda {
  const changed = agenda.changed.includes(path) ? agenda.changed : [...agenda.changed, path];
  return noteEvent({ ...agenda, changed }, { EventCode: "4 VALUE CHANGE" });
}

export function noteRequest(agenda: Agenda, request: AcsRequest): Agenda {
  return { ...agenda, requests: [...agenda.requests, request] };
}

/** An ACS that does not know the device hears of it first, and what was meant for another one is void. */
export function facing(agenda: Agenda, acsUrl: string): Agenda {
  const isSaid = agenda.events.some(({ EventCode }) => EventCode === "0 BOOTSTRAP");
  if (agenda.bootstrappedAt === acsUrl || isSaid) return agenda;
  const boots = agenda.events.filter(({ EventCode }) => EventCode === "1 BOOT");
  return boots.reduce(noteEvent, noteEvent(agenda, { EventCode: "0 BOOTSTRAP" }));
}

export function nextDelivery({ events, changed, requests }: Agenda): Delivery {
  return { events: events.slice(0, MAX_EVENTS), changed, requests: requests.length };
}

/** The ACS answered the Inform. Events that a request tells of stay until that is answered, too. */
export function informed(agenda: Agenda, delivery: Delivery, acsUrl: string): Agenda {
  const delivered = delivery.events.filter(
    (event) => !agenda.requests.some((request) => tellsOf(request, event)),
  );
  return {
    ...agenda,
    events: withoutEvents(agenda.events, delivered),
    changed: agenda.changed.filter((path) => !delivery.changed.includes(path)),
    bootstrappedAt: acsUrl,
  };
}

/** The ACS answered the first request. */
export function requestAnswered(agenda: Agenda): Agenda {
  const [answered, ...requests] = agenda.requests;
  if (answered === undefined) return agenda;
  const delivered = agenda.events.filter(
    (event) => tellsOf(answered, event) && !requests.some((request) => tellsOf(request, event)),
  );
  return { ...agenda, requests, events: withoutEvents(agenda.events, delivered) };
}

/** The event that announces a request of the device; undefined for a request that has none. */
export function announcement({ method }: AcsRequest): string | undefined {
  return eventsOf(method)[0];
}

function tellsOf({ method, params }: AcsRequest, event: DeviceEvent): boolean {
  if (!eventsOf(method).includes(event.EventCode)) return false;
  const commandKey = "CommandKey" in params ? params.CommandKey : undefined;
  return !event.EventCode.startsWith("M ") || (event.CommandKey ?? "") === (commandKey ?? "");
}

/** The events that are delivered by the answer to a request, not by that to the Inform [CWMP 1.4 3.7.1.5]. */
function eventsOf(method: AcsRequest["method"]): readonly string[] {
  switch (method) {
    case "Kicked":
      return ["5 KICKED"];
    case "TransferComplete":
      return ["7 TRANSFER COMPLETE", "M Download", "M Upload", "M ScheduleDownload"];
    case "RequestDownload":
      return ["9 REQUEST DOWNLOAD"];
    case "AutonomousTransferComplete":
      return ["10 AUTONOMOUS TRANSFER COMPLETE"];
    case "DUStateChangeComplete":
      return ["11 DU STATE CHANGE COMPLETE", "M ChangeDUState"];
    case "AutonomousDUStateChangeComplete":
      return ["12 AUTONOMOUS DU STATE CHANGE COMPLETE"];
    default:
      return [];
  }
}
