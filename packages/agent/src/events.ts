/** One event of an Inform [CWMP 1.4 3.7.1.5]. */
export interface DeviceEvent {
  readonly EventCode: string;
  readonly CommandKey?: string;
}

/** Undelivered events that a device keeps; CWMP lets it drop what it has no room for. */
const MAX_OWED_EVENTS = 256;

/**
 * The undelivered events with one more. A numbered event stands once, whatever its cause; an `M` event stands once for
 * each CommandKey; and a bootstrap makes all that was before it void [CWMP 1.4 3.7.1.5]. A full list takes no more.
 */
export function withEvent(events: readonly DeviceEvent[], event: DeviceEvent): readonly DeviceEvent[] {
  if (event.EventCode === "0 BOOTSTRAP") return [event];
  if (events.length >= MAX_OWED_EVENTS || events.some((each) => isSame(each, event))) return events;
  return [...events, event];
}

/** What is left once the events of an Inform were delivered. */
export function withoutEvents(
  events: readonly DeviceEvent[],
  delivered: readonly DeviceEvent[],
): readonly DeviceEvent[] {
  return events.filter((event) => !delivered.some((each) => isSame(each, event)));
}

function isSame(one: DeviceEvent, other: DeviceEvent): boolean {
  const isCumulative = one.EventCode.startsWith("M ");
  return (
    one.EventCode === other.EventCode &&
    (!isCumulative || (one.CommandKey ?? "") === (other.CommandKey ?? ""))
  );
}
