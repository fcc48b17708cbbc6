import { Agent as HttpAgent, request as httpRequest } from "node:http";
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { CookieJar } from "../cookie-jar.ts";
import { Authenticator } from "./authenticator.ts";
import type { Compression } from "../contact/classic-service.ts";
import type { Credentials } from "../credentials.ts";
import { compressed, contentCoding, decoded } from "./content-coding.ts";

export interface AcsConnectionOptions {
  readonly url: string;
  readonly credentials: Credentials | undefined;
  /** How long the ACS may take for one answer [CWMP 1.4 3.7.1.4]. 30 s where not given. */
  readonly timeoutMs?: number;
  /** What messages are compressed by; as they are where not given [CWMP 1.4 3.4.7]. */
  readonly compression?: Compression | undefined;
  /** Certificate authorities in place of the system's, as PEM, for `https:`. */
  readonly ca?: string;
}

export interface AcsReply {
  readonly status: number;
  readonly body: string;
  /** It is longer than a device takes; the body is its beginning. */
  readonly isCut: boolean;
}

/** The ACS could not be reached, was silent, or broke off. */
export class AcsConnectionError extends Error {
  override readonly name = "AcsConnectionError";
  readonly code = "E_ACS_CONNECTION";
  constructor(url: URL, options: ErrorOptions) {
    const { cause } = options;
    super(`${url.host} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`, options);
  }
}

const DEFAULT_TIMEOUT_MS = 30_000;
/** Requests of an ACS are far smaller; what is larger is not one. */
const MAX_REPLY_BYTES = 16 * 1024 * 1024;
/** An ACS may send a device elsewhere, but not for ever [CWMP 1.4 3.4.6]. */
const MAX_REDIRECTS = 5;
const MOVED: ReadonlySet<number> = new Set([302, 307]);
const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/;

/** The HTTP side of one session: one kept TCP connection, cookies, authentication, redirects [CWMP 1.4 3.4]. */
export class AcsConnection {
  readonly #options: AcsConnectionOptions;
  readonly #jar = new CookieJar();
  #target: Target;

  constructor(options: AcsConnectionOptions) {
    this.#options = options;
    this.#target = target(new URL(options.url), options);
  }

  /** What the ACS says to a message; "" is an empty POST. Rejects with AcsConnectionError. */
  async post(body: string): Promise<AcsReply> {
    let mayProve = true;
    let mayMove = MAX_REDIRECTS;
    for (;;) {
      const { response, text, isCut } = await this.#exchange(body);
      const { statusCode: status = 0, headers } = response;
      this.#jar.store(headers["set-cookie"] ?? []);
      if (
        status === 401 &&
        mayProve &&
        this.#target.authenticator.challenged(headers["www-authenticate"] ?? "")
      ) {
        mayProve = false;
      } else if (MOVED.has(status) && headers.location !== undefined && mayMove > 0) {
        mayMove -= 1;
        this.#moveTo(new URL(headers.location, this.#target.url));
      } else {
        return { status, body: text, isCut };
      }
    }
  }

  close(): void {
    this.#target.agent.destroy();
  }

  #moveTo(url: URL): void {
    this.close();
    this.#target = target(url, this.#options);
  }

  async #exchange(body: string): Promise<Exchange> {
    const signal = AbortSignal.timeout(this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    try {
      const { compression } = this.#options;
      const isPlain = body === "" || compression === undefined;
      const bytes = isPlain ? Buffer.from(body) : await compressed(body, compression);
      const response = await answerOf(this.#request(body, bytes, signal), bytes);
      return { response, ...(await readAll(response)) };
    } catch (error) {
      const cause: unknown = signal.aborted ? signal.reason : error;
      throw new AcsConnectionError(this.#target.url, { cause });
    }
  }

  #request(body: string, bytes: Buffer, signal: AbortSignal): ClientRequest {
    const { url, agent, authenticator } = this.#target;
    const uri = url.pathname + url.search;
    const authorization = authenticator.authorization({ method: "POST", uri, body });
    const cookie = this.#jar.header();
    // An empty POST must have neither Content-Type nor SOAPAction [CWMP 1.4 3.4.1].
    const content = body === "" ? {} : { ...ENVELOPE, ...contentCodings(this.#options.compression) };
    const options: RequestOptions = {
      method: "POST",
      agent,
      signal,
      headers: {
        ...content,
        "content-length": bytes.length,
        ...(authorization === undefined ? {} : { authorization }),
        ...(cookie === undefined ? {} : { cookie }),
      },
    };
    return url.protocol === "https:" ? httpsRequest(url, options) : httpRequest(url, options);
  }
}

const ENVELOPE = { "content-type": 'text/xml; charset="utf-8"', soapaction: "" } as const;

function contentCodings(compression: Compression | undefined): Readonly<Record<string, string>> {
  if (compression === undefined) return {};
  return { "content-encoding": contentCoding(compression), "accept-encoding": "gzip, deflate" };
}

interface Exchange {
  readonly response: IncomingMessage;
  readonly text: string;
  readonly isCut: boolean;
}

/** Where messages go, and what is known there. */
interface Target {
  readonly url: URL;
  readonly agent: HttpAgent;
  readonly authenticator: Authenticator;
}

function target(url: URL, { credentials, ca }: AcsConnectionOptions): Target {
  const isSecure = url.protocol === "https:";
  const kept = { keepAlive: true, maxSockets: 1 };
  const agent = isSecure
    ? new HttpsAgent({ ...kept, ...(ca === undefined ? {} : { ca }) })
    : new HttpAgent(kept);
  return { url, agent, authenticator: new Authenticator({ credentials, allowBasic: isPrivate(url) }) };
}

/** Whether nobody on the way can read what is said: over TLS, or where it does not leave the machine. */
export function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || LOOPBACK.test(hostname);
}

async function answerOf(request: ClientRequest, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
    request.end(body);
  });
}

/** Reads no more than there is room for: what is cut off ends its connection. */
async function readAll(response: IncomingMessage): Promise<Pick<Exchange, "text" | "isCut">> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes > MAX_REPLY_BYTES) return { text: chunks[0]?.toString("utf8") ?? "", isCut: true };
  }
  const coding = response.headers["content-encoding"] ?? "";
  const whole = await decoded(Buffer.concat(chunks), coding, MAX_REPLY_BYTES);
  return { text: whole.toString("utf8"), isCut: false };
}
