import { STATUS_CODES } from "node:http";
import type { IncomingMessage } from "node:http";
import type { DeviceKey } from "@heliograph/protocol";
import type { TraceBinding, TraceDirection } from "../../ports/index.ts";
import type { SouthboundPorts } from "../southbound-ports.ts";
import { pairs } from "./http-exchange.ts";

/** Shows a device's trace how it is called. */
export interface WakeTrace {
  asked(path: string, headers: Readonly<Record<string, string>>): void;
  answered(reply: Pick<IncomingMessage, "statusCode" | "rawHeaders">): void;
  /** A datagram leaves. */
  sent(text: string, to: string): void;
  /** What came of it, or of a part of it. */
  noted(note: string): void;
}

/** Undefined where the device is not traced. */
export function wakeTrace(
  { traces, clock }: Pick<SouthboundPorts, "traces" | "clock">,
  device: DeviceKey,
): WakeTrace | undefined {
  const writer = traces.of(device);
  if (writer === undefined) return undefined;
  const facts = (direction: TraceDirection, binding: TraceBinding = "connection-request") => {
    return { at: clock.now(), direction, binding };
  };
  return {
    asked(path, headers) {
      writer.add({
        ...facts("sent"),
        head: { line: `GET ${path} HTTP/1.1`, headers: Object.entries(headers) },
      });
    },
    answered({ statusCode = 0, rawHeaders }) {
      const line = `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ""}`;
      writer.add({ ...facts("received"), head: { line, headers: pairs(rawHeaders) } });
    },
    sent(text, to) {
      const body = { text, bytes: Buffer.byteLength(text) };
      writer.add({ ...facts("sent", "udp-connection-request"), body, note: `a datagram to ${to}` });
    },
    noted(note) {
      writer.add({ ...facts("noted"), note });
    },
  };
}
