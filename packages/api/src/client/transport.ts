import type { Problem } from "../problem-document.ts";
import { ApiError, NoAnswerError } from "./errors.ts";

export interface TransportOptions {
  /** Where the northbound is: `http://localhost:8080`. */
  readonly url: string;
  readonly token: string;
  /** Left out: the platform's own. */
  readonly fetch?: typeof fetch;
}

/** One request; its type parameter is what it is answered with. */
export interface Ask<A = unknown> {
  readonly answers?: A;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** From `/api/v1/` on, its segments made by {@link segments}. */
  readonly path: string;
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Instead of a body of JSON: bytes, which may come as they are read. */
  readonly content?: FileContent;
  readonly signal?: AbortSignal | undefined;
}

/** The bytes of a file. */
export type FileContent = Uint8Array<ArrayBuffer> | Blob | ReadableStream<Uint8Array<ArrayBuffer>>;

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/**
 * Sends one request. Rejects with {@link ApiError} where the ACS refused, with {@link NoAnswerError} where nobody
 * answered, and with the signal's reason where it was aborted.
 */
export type Transport = (ask: Ask) => Promise<Response>;

export function httpTransport(options: TransportOptions): Transport {
  const send = options.fetch ?? fetch;
  const base = options.url.replace(/\/+$/, "");
  return async (ask) => {
    const response = await answered(
      ask,
      send(`${base}/api/v1/${ask.path}${queryString(ask.query)}`, {
        method: ask.method,
        headers: {
          authorization: `Bearer ${options.token}`,
          ...(ask.body === undefined ? {} : { "content-type": "application/json" }),
          ...(ask.content === undefined ? {} : { "content-type": "application/octet-stream" }),
          ...ask.headers,
        },
        ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
        ...(ask.content === undefined ? {} : { body: ask.content, duplex: "half" }),
        ...(ask.signal === undefined ? {} : { signal: ask.signal }),
      }),
    );
    if (response.ok) return response;
    throw new ApiError(await readProblem(ask, response), retryAfterMs(response));
  };
}

/** Sends one request and reads what it is answered with. */
export async function askJson<A extends object>(transport: Transport, ask: Ask<A>): Promise<A> {
  const response = await transport(ask);
  const body: unknown = await answered(ask, response.json());
  if (isAnswer(ask, body)) return body;
  throw new NoAnswerError(`the answer to ${ask.method} ${ask.path} is not of this API`);
}

/** Trusts the ACS for all but this: to check its answers again, every client would carry the schemas. */
function isAnswer<A extends object>(_ask: Ask<A>, body: unknown): body is A {
  return typeof body === "object" && body !== null;
}

/** Joins path segments, each escaped: a device's key has percent signs of its own. */
export function segments(...parts: readonly string[]): string {
  return parts.map(encodeURIComponent).join("/");
}

async function answered<T>(ask: Ask, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (cause) {
    ask.signal?.throwIfAborted();
    throw new NoAnswerError(`no answer to ${ask.method} ${ask.path}`, { cause });
  }
}

function queryString(query: Query = {}): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of [value].flat()) pairs.append(name, String(one));
  }
  return pairs.size === 0 ? "" : `?${pairs.toString()}`;
}

async function readProblem(ask: Ask, response: Response): Promise<Problem> {
  const text = await answered(ask, response.text());
  return parseProblem(text) ?? foreign(response);
}

function parseProblem(text: string): Problem | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isProblem(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isProblem(value: unknown): value is Problem {
  if (typeof value !== "object" || value === null) return false;
  const { type, title, status, detail }: Partial<Record<keyof Problem, unknown>> = value;
  return [type, title, detail].every((text) => typeof text === "string") && typeof status === "number";
}

/** What a proxy or another server refused, as a problem of no type of ours [RFC 9457 4.2.1]. */
function foreign({ status, statusText }: Response): Problem {
  const title = statusText === "" ? `HTTP ${status}` : statusText;
  return { type: "about:blank", title, status, detail: `the server answered ${status} without saying why` };
}

function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}
