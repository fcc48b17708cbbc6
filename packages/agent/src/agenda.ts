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
  /** The ACS that knows of this device; another one gets a `0 BOOTSTRAP` first. */
  readonly bootstrappedAt: string | undefined;
}

export const emptyAgenda: Agenda = { events: [], changed: [], requests: [], bootstrappedAt: undefined };

/** What one session delivers. */
export interface Delivery {
  readonly events: readonly DeviceEvent[];
  readonly changed: readonly string[];
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

/** An ACS that was not informed before makes everything older void. */
export function facing(agenda: Agenda, acsUrl: string): Agenda {
  const isNew = agenda.bootstrappedAt !== acsUrl;
  const isSaid = agenda.events.some(({ EventCode }) => EventCode === "0 BOOTSTRAP");
  if (!isNew || isSaid) return agenda;
  const boots = agenda.events.filter(({ EventCode }) => EventCode === "1 BOOT");
  return boots.reduce(noteEvent, noteEvent(agenda, { EventCode: "0 BOOTSTRAP" }));
}

export function nextDelivery({ events, changed }: Agenda): Delivery {
  return { events: events.slice(0, MAX_EVENTS), changed };
}

/** The ACS answered the Inform [CWMP 1.4 3.7.1.5]. */
export function informed(agenda: Agenda, delivery: Delivery, acsUrl: string): Agenda {
  return {
    ...agenda,
    events: withoutEvents(agenda.events, delivery.events),
    changed: agenda.changed.filter((path) => !delivery.changed.includes(path)),
    bootstrappedAt: acsUrl,
  };
}

/** The ACS answered the first request. */
export function requestAnswered(agenda: Agenda): Agenda {
  return { ...agenda, requests: agenda.requests.slice(1) };
}
