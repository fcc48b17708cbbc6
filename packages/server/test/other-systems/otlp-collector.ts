import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { within } from "../deadline.ts";

/** A span as it was sent. */
export interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly hasFailed: boolean;
}

/** A collector of OTLP over HTTP, which keeps all that it is sent. */
export class OtlpCollector implements AsyncDisposable {
  readonly #server: Server;
  readonly #spans: SentSpan[] = [];
  #sent = "";
  #more = Promise.withResolvers<undefined>();

  private constructor() {
    this.#server = createServer((request, response) => {
      void text(request).then((body) => {
        this.#sent += body;
        if (request.url === "/v1/traces") this.#spans.push(...spansIn(JSON.parse(body)));
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
        this.#more.resolve(undefined);
        this.#more = Promise.withResolvers();
      });
    });
  }

  static async open(): Promise<OtlpCollector> {
    const collector = new OtlpCollector();
    collector.#server.listen(0, "127.0.0.1");
    await once(collector.#server, "listening");
    return collector;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("it listens nowhere");
    return `http://127.0.0.1:${address.port}`;
  }

  /** All that was sent, as it came. */
  get sent(): string {
    return this.#sent;
  }

  get spans(): readonly SentSpan[] {
    return this.#spans;
  }

  /** Resolves with the first span that is such a one. */
  async first(isIt: (span: SentSpan) => boolean): Promise<SentSpan> {
    const found = async (): Promise<SentSpan> => {
      for (;;) {
        const span = this.#spans.find(isIt);
        if (span !== undefined) return span;
        await this.#more.promise;
      }
    };
    return within(found(), "a span");
  }

  /** Resolves with the spans of a trace once there is one of each of these names. */
  async trace(traceId: string, names: readonly string[]): Promise<readonly SentSpan[]> {
    const found = async (): Promise<readonly SentSpan[]> => {
      for (;;) {
        const spans = this.#spans.filter((span) => span.traceId === traceId);
        if (names.every((name) => spans.some((span) => span.name === name))) return spans;
        await this.#more.promise;
      }
    };
    return within(
      found(),
      () => `${names.join(", ")} among ${this.#spans.map(({ name }) => name).join(", ")}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

const FAILED = 2;

function spansIn(body: unknown): readonly SentSpan[] {
  return listIn(body, "resourceSpans")
    .flatMap((resource) => listIn(resource, "scopeSpans"))
    .flatMap((scope) => listIn(scope, "spans"))
    .map(spanOf);
}

function spanOf(span: unknown): SentSpan {
  const { traceId, spanId, parentSpanId, name, status } = fieldsOf(span);
  const attributes = listIn(span, "attributes").map((each): [string, unknown] => {
    const { key, value } = fieldsOf(each);
    return [String(key), Object.values(fieldsOf(value))[0]];
  });
  return {
    ...{ traceId: String(traceId), spanId: String(spanId), name: String(name) },
    ...(typeof parentSpanId === "string" && parentSpanId !== "" ? { parentSpanId } : {}),
    attributes: Object.fromEntries(attributes),
    hasFailed: fieldsOf(status)["code"] === FAILED,
  };
}

function listIn(value: unknown, name: string): readonly unknown[] {
  const list = fieldsOf(value)[name];
  return Array.isArray(list) ? list : [];
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
