import { STATUS_CODES } from "node:http";
import type { IncomingMessage } from "node:http";
import { deviceKey } from "@heliograph/protocol";
import type { DeviceId, DeviceKey } from "@heliograph/protocol";
import type { Clock, SeenHead, SeenMessage, TraceDesk, TraceFacts, TraceWriter } from "../../ports/index.ts";
import { sessionCookies } from "../cwmp/cookie.ts";

export interface ExchangeMeans {
  readonly traces: TraceDesk;
  readonly clock: Clock;
  /** Tells sessions apart without their cookie. */
  readonly nameSession: (cookie: string) => string;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

/** Whose session a request belongs to. */
export interface KnownSession {
  readonly device: DeviceKey;
  readonly cookie: string;
}

/** Where a request came from, and what stood above its body. */
export interface HttpSource {
  readonly head: () => SeenHead;
  /** The TCP connection. */
  readonly connection: string;
}

/** Undefined while nobody is traced, as is usual: then a request costs nothing here. */
export function traceExchange(
  means: ExchangeMeans,
  request: IncomingMessage,
  session: KnownSession | undefined,
): HttpExchange | undefined {
  return means.traces.isOpen ? new HttpExchange(means, sourceOf(request), session) : undefined;
}

/** The same of a request that came by another gateway, which told no more of it than its body. */
export function traceRelayed(
  means: ExchangeMeans,
  from: string,
  session: KnownSession,
): HttpExchange | undefined {
  const head = { line: "POST, by another process of the ACS", headers: [] };
  return means.traces.isOpen
    ? new HttpExchange(means, { head: () => head, connection: from }, session)
    : undefined;
}

function sourceOf(request: IncomingMessage): HttpSource {
  return { head: () => headOf(request), connection: connectionOf(request) };
}

/** How the TCP connection of a request is named in traces. */
export function connectionOf({ socket }: IncomingMessage): string {
  const { remoteAddress = "", remotePort = 0 } = socket;
  return `${remoteAddress} ${remotePort}`;
}

/** A request of a device and what it is answered, for the trace of the device: who that is may show only on the way. */
export class HttpExchange {
  readonly #means: ExchangeMeans;
  readonly #source: HttpSource;
  readonly #at: number;
  #writer: TraceWriter | undefined;
  #session: string | undefined;
  #heard: Pick<SeenMessage, "body" | "note"> | undefined;

  constructor(means: ExchangeMeans, source: HttpSource, session: KnownSession | undefined) {
    this.#means = means;
    this.#source = source;
    this.#at = means.clock.now();
    this.#writer = session && means.traces.of(session.device);
    this.#session = session && means.nameSession(session.cookie);
  }

  /** The body came. */
  heard(text: string): void {
    this.#heard = text === "" ? {} : { body: { text, bytes: Buffer.byteLength(text) } };
    this.#tellRequest();
  }

  /** It cannot be read, and why. */
  unread(why: string): void {
    this.#heard = { note: `its body is not shown: ${why}` };
    this.#tellRequest();
  }

  /** An Inform says whose it is. */
  names(deviceId: DeviceId): void {
    const device = deviceKey(deviceId);
    if (this.#writer !== undefined || device === undefined) return;
    this.#writer = this.#means.traces.of(device);
    this.#tellRequest();
  }

  /** `isSent`: whether there was anybody to send it to. */
  answered({ status, headers, body }: HttpReply, isSent: boolean): void {
    const [cookie] = sessionCookies([headers["Set-Cookie"] ?? []].flat().join("; "));
    if (cookie !== undefined) this.#session = this.#means.nameSession(cookie);
    this.#writer?.add({
      ...this.#facts("sent"),
      head: { line: `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, headers: flat(headers) },
      ...(body === "" ? {} : { body: { text: body, bytes: Buffer.byteLength(body) } }),
      ...(isSent ? {} : { note: "it did not leave: the device had closed the connection" }),
    });
  }

  /** Nobody could say what to answer. */
  failed(): void {
    const note = "the ACS could not answer, and said 503: its log has more";
    this.#writer?.add({ ...this.#facts("noted"), note });
  }

  #tellRequest(): void {
    if (this.#writer === undefined || this.#heard === undefined) return;
    this.#writer.add({
      ...this.#facts("received"),
      at: this.#at,
      head: this.#source.head(),
      ...this.#heard,
    });
  }

  #facts(direction: TraceFacts["direction"]): TraceFacts {
    return {
      at: this.#means.clock.now(),
      direction,
      binding: "http",
      connection: this.#source.connection,
      ...(this.#session === undefined ? {} : { session: this.#session }),
    };
  }
}

/** Tells the trace of its device what became of a session. */
export function noteSession(
  { traces, clock, nameSession }: ExchangeMeans,
  of: KnownSession,
  note: string,
): void {
  const facts = { at: clock.now(), direction: "noted", binding: "http" } as const;
  traces.of(of.device)?.add({ ...facts, session: nameSession(of.cookie), note });
}

/** As it came, repeated headers among them. */
export function headOf({ method = "", url = "", httpVersion, rawHeaders }: IncomingMessage): SeenHead {
  return { line: `${method} ${url} HTTP/${httpVersion}`, headers: pairs(rawHeaders) };
}

/** Names and values as Node has them of a message that came. */
export function pairs(raw: readonly string[]): readonly (readonly [string, string])[] {
  return Array.from({ length: Math.floor(raw.length / 2) }, (_, at) => [
    raw[2 * at] ?? "",
    raw[2 * at + 1] ?? "",
  ]);
}

function flat(headers: HttpReply["headers"]): readonly (readonly [string, string])[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, one] as const),
  );
}
