import {
  BusClosedError,
  NobodyThereError,
  RequestTimedOutError,
  type Bus,
  type Metrics,
} from "../../ports/index.ts";
import { subjectKind } from "../subject-kind.ts";
import { countEvents } from "./count-events.ts";

/** A bus of which is known what is asked and published on it, how long answers take, and what happened to devices. */
export function measuredBus(bus: Bus, metrics: Metrics): Bus {
  let open = 0;
  countEvents(bus, metrics);
  metrics.watch("heliograph_bus_open_requests", {}, () => open);
  return {
    publish(subject, message) {
      bus.publish(subject, message);
      metrics.count("heliograph_bus_messages_total", { kind: kindOf(subject) });
    },
    request(subject, message, options) {
      const kind = kindOf(subject);
      const began = performance.now();
      open += 1;
      const over = (outcome: string): void => {
        open -= 1;
        metrics.count("heliograph_bus_requests_total", { kind, outcome });
        metrics.observe("heliograph_bus_request_seconds", { kind }, (performance.now() - began) / 1_000);
      };
      const asked = bus.request(subject, message, options);
      asked.then(
        () => {
          over("answered");
        },
        (error: unknown) => {
          over(outcomeOf(error));
        },
      );
      return asked;
    },
    subscribe: (pattern, handler, options) => bus.subscribe(pattern, handler, options),
    serve: (subject, handler, options) => bus.serve(subject, handler, options),
    onReturn: (listener) => bus.onReturn(listener),
    close: () => bus.close(),
  };
}

function outcomeOf(error: unknown): string {
  if (error instanceof NobodyThereError) return "nobody-there";
  if (error instanceof RequestTimedOutError) return "timed-out";
  return error instanceof BusClosedError ? "closed" : "failed";
}

/** Subjects that name a device, an operation or a channel are as many as there are of those. */
const MANY = /^hg\.v1\.(?:device|operation|channel|outside)\./;
/** Of the others there are as many as processes and kinds; a few more where processes come and go. */
const MOST_KINDS = 1_000;
const kinds = new Map<string, string>();

function kindOf(subject: string): string {
  const known = kinds.get(subject);
  if (known !== undefined) return known;
  const kind = subjectKind(subject);
  if (!MANY.test(subject) && kinds.size < MOST_KINDS) kinds.set(subject, kind);
  return kind;
}
