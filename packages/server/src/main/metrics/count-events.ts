import { subjects, type Bus, type Metrics } from "../../ports/index.ts";

/** Of several processes one counts each. */
const once = { queue: "metrics" } as const;

/**
 * Counts what the store tells of by the bus, until that is closed: events of devices, operations, connection requests,
 * publications.
 */
export function countEvents(bus: Bus, metrics: Metrics): void {
  bus.subscribe(
    subjects.everyDeviceEvent,
    ({ name, data }) => {
      metrics.count("heliograph_device_events_total", { name });
      if (name !== "connection-request-sent") return;
      const { result } = data;
      metrics.count("heliograph_connection_requests_total", {
        result: typeof result === "string" ? result : "",
      });
    },
    once,
  );
  bus.subscribe(
    subjects.everyOperationChange,
    ({ state }) => {
      metrics.count("heliograph_operation_changes_total", { state });
    },
    once,
  );
  bus.subscribe(
    subjects.everyPublished,
    () => {
      metrics.count("heliograph_channel_publications_total", {});
    },
    once,
  );
}
