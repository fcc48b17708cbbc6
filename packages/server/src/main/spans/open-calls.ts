import type { Span, SpanAttributes, Spans } from "../../ports/index.ts";
import type { KnownCall, KnownEnd } from "./read-message.ts";

/** A gateway has as many calls out as it has sessions; the rest were lost with theirs. */
const MOST_OPEN = 10_000;

/** The calls that gateways make in sessions, from when they are told to until they tell what came of them. */
export class OpenCalls {
  readonly #spans: Spans;
  readonly #open = new Map<string, Span>();

  constructor(spans: Spans) {
    this.#spans = spans;
  }

  /** `asked` is what the gateway said of itself when it asked for the call. */
  made(call: KnownCall | undefined, asked: SpanAttributes): void {
    if (call?.traceparent === undefined) return;
    const { callId, method, traceparent: parent } = call;
    const device = asked["heliograph.device"];
    const attributes = {
      "heliograph.methods": [method],
      ...(device === undefined ? {} : { "heliograph.device": device }),
    };
    this.#open.set(callId, this.#spans.begin({ name: `call ${method}`, kind: "client", parent, attributes }));
    const [[oldest, span] = []] = this.#open;
    if (this.#open.size <= MOST_OPEN || oldest === undefined) return;
    span?.end({ failure: "lost" });
    this.#open.delete(oldest);
  }

  ended(end: KnownEnd | undefined): void {
    if (end === undefined) return;
    const { callId, failure } = end;
    this.#open.get(callId)?.end(failure === undefined ? {} : { failure });
    this.#open.delete(callId);
  }
}
