import {
  BusClosedError,
  NobodyThereError,
  RequestTimedOutError,
  type Bus,
  type SpanEnding,
  type Spans,
} from "../../ports/index.ts";
import type { CallBook } from "./call-book.ts";
import { OpenCalls } from "./open-calls.ts";
import { attributesOf, callIn, endIn, failureOf, isCalling, operationsIn } from "./read-message.ts";
import { subjectKind } from "../subject-kind.ts";

/**
 * A bus on which each request is a span of whoever asks and one of whoever serves it, and each call to a device one of its
 * gateway. The parts on both sides know nothing of it.
 */
export function spannedBus(bus: Bus, spans: Spans, book: CallBook): Bus {
  const calls = new OpenCalls(spans);
  return {
    publish(subject, message) {
      bus.publish(subject, message);
      if (subjectKind(subject) === "engine.closed") calls.ended(endIn(message));
    },

    async request(subject, message, options) {
      const kind = subjectKind(subject);
      calls.ended(endIn(message));
      const call = callIn(message);
      const parent = call === undefined ? undefined : book.ofCall(call.callId);
      const attributes = attributesOf(subject, message);
      const span = spans.begin({ name: `request ${kind}`, kind: "client", parent, attributes });
      try {
        const answer = await spans.within(span.traceparent, () => bus.request(subject, message, options));
        span.end();
        calls.made(callIn(answer), attributes);
        return answer;
      } catch (error) {
        span.end({ failure: reasonOf(error) });
        throw error;
      }
    },

    subscribe: (pattern, handler, options) => bus.subscribe(pattern, handler, options),

    serve: (served, handler, options) =>
      bus.serve(
        served,
        async (message, subject) => {
          const kind = subjectKind(subject);
          const call = callIn(message);
          const name = call === undefined ? `serve ${kind}` : `call ${call.method}`;
          const span = spans.begin({ name, kind: "server", attributes: attributesOf(subject, message) });
          for (const operation of operationsIn(message)) book.noteOperation(operation, span.traceparent);
          try {
            const answer = await spans.within(span.traceparent, () => handler(message, subject));
            span.end(call === undefined ? {} : endingOf(failureOf(answer)));
            return isCalling(answer) ? withTraceparent(answer, book) : answer;
          } catch (error) {
            span.end({ failure: reasonOf(error) });
            throw error;
          }
        },
        options,
      ),

    onReturn: (listener) => bus.onReturn(listener),
    close: () => bus.close(),
  };
}

function endingOf(failure: string | undefined): SpanEnding {
  return failure === undefined ? {} : { failure };
}

/** A call that a gateway is told to make in a session, with the span that it is made for. */
function withTraceparent<A extends { readonly call: { readonly callId: string } }>(
  answer: A,
  book: CallBook,
): A {
  const traceparent = book.ofCall(answer.call.callId);
  return traceparent === undefined ? answer : { ...answer, call: { ...answer.call, traceparent } };
}

function reasonOf(error: unknown): string {
  if (error instanceof NobodyThereError) return "nobody-there";
  if (error instanceof RequestTimedOutError) return "timed-out";
  return error instanceof BusClosedError ? "closed" : "failed";
}
