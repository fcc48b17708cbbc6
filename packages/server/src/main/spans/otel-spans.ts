import { AsyncLocalStorage } from "node:async_hooks";
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context, type Tracer } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type SpanExporter,
} from "@opentelemetry/sdk-trace-base";
import type { Clock, Log, Span, SpanAttributes, SpanBeginning, Spans } from "../../ports/index.ts";
import { readTraceparent, writeTraceparent } from "./traceparent.ts";

export interface OtelOptions {
  /** Where spans are sent by OTLP over HTTP. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The share of traces that are recorded, where nobody has decided before. */
  readonly sampling: number;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OtelSpans extends Spans {
  /** Sends what is left, for as long as that may take. */
  close(): Promise<void>;
}

/** What goes on for longer, as what a timer began does, is part of it no more. */
const LONGEST_PART_MS = 300_000;
const SEND_EVERY_MS = 2_000;
const SEND_MS = 3_000;

/** Spans by OpenTelemetry, sent to a collector in the background; while that takes none they are lost, and the log says so once. */
export function otelSpans(options: OtelOptions): OtelSpans {
  const { url, headers, sampling, version, clock } = options;
  const exporter = new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: SEND_MS });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": "heliograph", "service.version": version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampling) }),
    spanProcessors: [
      new BatchSpanProcessor(said(exporter, options), {
        scheduledDelayMillis: SEND_EVERY_MS,
        exportTimeoutMillis: SEND_MS,
      }),
    ],
  });
  const tracer = provider.getTracer("heliograph", version);
  const parts = new AsyncLocalStorage<Part>();

  function here(): string | undefined {
    const part = parts.getStore();
    return part === undefined || clock.elapsed() - part.since > LONGEST_PART_MS ? undefined : part.of;
  }

  return {
    here,
    within(of, work) {
      if (of === undefined || readTraceparent(of) === undefined) return work();
      return parts.run({ of, since: clock.elapsed() }, work);
    },
    begin: (beginning) => begin(tracer, { ...beginning, parent: beginning.parent ?? here() }),
    close: () => provider.shutdown().catch(() => undefined),
  };
}

/** Work that is part of a span. */
interface Part {
  readonly of: string;
  readonly since: number;
}

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;

function begin(tracer: Tracer, { name, kind, parent, attributes }: SpanBeginning): Span {
  const span = tracer.startSpan(
    name,
    { kind: KINDS[kind], attributes: plain(attributes) },
    contextOf(parent),
  );
  return {
    traceparent: writeTraceparent(span.spanContext()),
    end({ attributes: more = {}, failure } = {}) {
      if (!span.isRecording()) return;
      span.setAttributes(plain(more));
      if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
      span.end();
    },
  };
}

function contextOf(parent: string | undefined): Context {
  const known = parent === undefined ? undefined : readTraceparent(parent);
  return known === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, known);
}

/** As OpenTelemetry takes them, which may change its lists. */
function plain(attributes: SpanAttributes): Record<string, string | number | string[]> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, typeof value === "object" ? [...value] : value]),
  );
}

/** An exporter whose failures are logged when they begin and when they end. */
function said(exporter: SpanExporter, { log }: Pick<OtelOptions, "log">): SpanExporter {
  let isFailing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        // Its code 0 is success.
        const hasFailed = result.code !== 0;
        if (hasFailed && !isFailing) log.warn("spans are lost: otlp-url takes none", { error: result.error });
        if (!hasFailed && isFailing) log.info("otlp-url takes spans again");
        isFailing = hasFailed;
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}
