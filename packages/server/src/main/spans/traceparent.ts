import { TraceFlags, type SpanContext } from "@opentelemetry/api";

const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The span that a `traceparent` names; undefined where it is none [W3C Trace Context 3.2]. */
export function readTraceparent(text: string): SpanContext | undefined {
  const [, version, traceId, spanId, flags = "00", more] = TRACEPARENT.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  // Only what comes after the first version may say more than we know.
  if (version === "00" && more !== undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}

export function writeTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, "0")}`;
}

/** Whether somebody records the span. */
export function isRecorded(traceparent: string): boolean {
  return traceparent.endsWith("1");
}
