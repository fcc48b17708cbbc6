import { CookieJar } from "@heliograph/agent";
import { Authenticator } from "@heliograph/agent/node";
import type { Credentials } from "@heliograph/agent/node";
import { openWire } from "./http-wire.ts";
import type { HttpWire } from "./http-wire.ts";
import type { HttpReply } from "./http-reply.ts";

export interface DialogueOptions {
  readonly url: string;
  readonly credentials?: Credentials;
  /** False for a device that keeps no cookies. */
  readonly cookies?: boolean;
  readonly patienceMs: number;
}

/** POSTs of one device to its ACS, one at a time over one kept connection: cookies, authentication, and cuts. */
export class HttpDialogue {
  readonly #options: DialogueOptions;
  readonly #jar = new CookieJar();
  #authenticator: Authenticator;
  #url: URL;
  #wire: HttpWire | undefined;
  #cutAfterBytes: number | undefined;

  constructor(options: DialogueOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
    this.#authenticator = new Authenticator({ credentials: options.credentials, allowBasic: true });
  }

  /** The reply to a body; the challenge of a 401 is answered once. Undefined where the connection was cut before it. */
  async post(body: string): Promise<HttpReply | undefined> {
    const reply = await this.send(this.#message(body));
    if (reply?.status !== 401) return reply;
    const challenges = reply.headers.get("www-authenticate")?.join(", ") ?? "";
    return this.#authenticator.challenged(challenges) ? this.send(this.#message(body)) : reply;
  }

  /** The reply to a whole HTTP message, sent as it is. Undefined where the connection was cut before it. */
  async send(message: Uint8Array | string): Promise<HttpReply | undefined> {
    const wire = await this.#open();
    const bytes = Buffer.from(message);
    if (this.#cutAfterBytes !== undefined) {
      await wire.write(bytes.subarray(0, this.#cutAfterBytes));
      this.cut();
      return undefined;
    }
    await wire.write(bytes);
    const reply = await wire.read();
    if (this.#options.cookies !== false) this.#jar.store(reply.headers.get("set-cookie") ?? []);
    if (reply.headers.get("connection")?.[0]?.toLowerCase() === "close") this.cut();
    return reply;
  }

  /** The next message is cut off after so many of its bytes, and its reply is not read. */
  cutNext(afterBytes: number): void {
    this.#cutAfterBytes = afterBytes;
  }

  /** Answers later challenges with other credentials. */
  proveWith(credentials: Credentials): void {
    this.#authenticator = new Authenticator({ credentials, allowBasic: true });
  }

  /** Closes the connection now; the next message opens another. */
  cut(): void {
    this.#cutAfterBytes = undefined;
    this.#wire?.cut();
    this.#wire = undefined;
  }

  /** Goes on at another address, with the same cookies: another process of the same ACS. */
  moveTo(url: string): void {
    this.cut();
    this.#url = new URL(url);
  }

  forgetCookies(): void {
    this.#jar.clear();
  }

  async #open(): Promise<HttpWire> {
    if (this.#wire?.isOpen !== true) this.#wire = await openWire(this.#url, this.#options);
    return this.#wire;
  }

  /** An empty body goes without Content-Type and SOAPAction [CWMP 1.4 3.7.2.4]. */
  #message(body: string): string {
    const uri = this.#url.pathname + this.#url.search;
    const content = body === "" ? [] : [`Content-Type: text/xml; charset="utf-8"`, "SOAPAction:"];
    const head = [
      `POST ${uri} HTTP/1.1`,
      `Host: ${this.#url.host}`,
      ...header("Authorization", this.#authenticator.authorization({ method: "POST", uri, body })),
      ...header("Cookie", this.#jar.header()),
      ...content,
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    return `${head.join("\r\n")}\r\n\r\n${body}`;
  }
}

function header(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [`${name}: ${value}`];
}
