import type { Bus, Clock, LetterSender, Log, Spans, Store } from "../../ports/index.ts";
import type { SpanSettings } from "../span-settings.ts";
import { CallBook } from "./call-book.ts";
import { otelSpans } from "./otel-spans.ts";
import { spannedBus } from "./spanned-bus.ts";
import { spannedLetters } from "./spanned-letters.ts";

export interface SpanPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Of the server. */
  readonly version: string;
}

/** Where spans are taken: at the ports, so that the parts between them know nothing of it. */
export interface Spanning {
  readonly spans: Spans;
  bus(bus: Bus): Bus;
  store(store: Store): Store;
  letters(letters: LetterSender): LetterSender;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** Loads OpenTelemetry with it. */
export function startSpanning({ url, headers, sampling }: SpanSettings, ports: SpanPorts): Spanning {
  const spans = otelSpans({ url, headers, sampling, ...ports });
  const book = new CallBook();
  return {
    spans,
    bus: (bus) => spannedBus(bus, spans, book),
    store: (store) => book.watching(store),
    letters: (letters) => spannedLetters(letters, spans, book),
    close: () => spans.close(),
  };
}
