/**
 * Spans of a tracing system: how long each part of the work took, and for whom. A span is named by its `traceparent` as W3C
 * Trace Context has it, which may travel; one that is not recorded is named as well, so that nobody further on records a part.
 * Nothing here throws, waits, or holds up the work.
 */
export interface Spans {
  /** The span that the work which runs now is part of; undefined where it is part of none. */
  here(): string | undefined;
  /** Runs `work` as part of that span, which may be another system's. What is no traceparent is passed over. */
  within<T>(traceparent: string | undefined, work: () => T): T;
  /** Begins a span below the one that is given, else below the one that is here, else by itself. Whoever begins one ends it. */
  begin(beginning: SpanBeginning): Span;
}

export interface SpanBeginning {
  readonly name: string;
  /** `server`: somebody is answered; `client`: somebody is asked. */
  readonly kind: "server" | "client";
  readonly parent?: string | undefined;
  readonly attributes: SpanAttributes;
}

/** No secrets, and nothing of what parameters hold: names, keys, ids and numbers. */
export type SpanAttributes = Readonly<Record<string, string | number | readonly string[]>>;

export interface Span {
  readonly traceparent: string;
  /** Ending twice is no error. */
  end(ending?: SpanEnding): void;
}

export interface SpanEnding {
  readonly attributes?: SpanAttributes;
  /** Why what it stands for failed; left out where it did not. */
  readonly failure?: string;
}
