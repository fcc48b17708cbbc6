import assert from "node:assert/strict";
import { Authenticator } from "@heliograph/agent/node";
import type { Credentials } from "@heliograph/agent/node";
import { decodeEnvelope, defaultLimits } from "@heliograph/protocol";
import type { CapturedRequest, CapturedSession, Exchange } from "./capture.ts";
import type { HttpReply } from "./http-reply.ts";
import { openWire } from "./http-wire.ts";
import type { HttpWire } from "./http-wire.ts";
import { PATIENCE_MS } from "./patience.ts";

export interface ReplayOptions {
  readonly acsUrl: string;
  /** What the captured device answers Digest challenges with; without them a challenge ends the replay. */
  readonly credentials?: Credentials;
  readonly patienceMs?: number;
}

/** One message of the capture and what the running ACS said to it. */
export interface ReplayedExchange {
  readonly captured: Exchange;
  readonly reply: HttpReply;
}

/**
 * Plays a captured device against a running ACS, in lockstep: the next message leaves when the reply to the one before
 * is there. Its bytes are the device's own, but for what only this ACS can know: address, cookies, the cwmp:ID of the
 * call that is answered, and Digest credentials. Cookies and connections go on from session to session.
 */
export class Replay implements Disposable {
  readonly #options: ReplayOptions;
  readonly #url: URL;
  readonly #authenticator: Authenticator;
  /** What a word of the captured ACS is in the words of this one: cookies and ids. */
  readonly #words = new Map<string, string>();
  #wire: HttpWire | undefined;
  #connection: string | undefined;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#url = new URL(options.acsUrl);
    this.#authenticator = new Authenticator({ credentials: options.credentials, allowBasic: true });
  }

  /**
   * Plays one session to its end and gives what the ACS sent. Fails where the ACS says something else than the captured
   * one did: another status or another method.
   */
  async session(session: CapturedSession): Promise<readonly ReplayedExchange[]> {
    const replayed: ReplayedExchange[] = [];
    let asked: string | undefined;
    for (const captured of session.exchanges) {
      let reply = await this.#exchange(captured);
      // A device that has no answer to a call has none either when it is asked again.
      if (captured.request.body === "" && gist(reply).what === asked) reply = await this.#exchange(captured);
      asked = gist(reply).what;
      replayed.push({ captured, reply });
      const [expected, said] = [gist(captured.reply), gist(reply)];
      assert.equal(
        said.what,
        expected.what,
        `${captured.name}: the ACS says something else than the captured one`,
      );
      this.#learn(captured.reply, reply);
    }
    return replayed;
  }

  [Symbol.dispose](): void {
    this.#wire?.cut();
  }

  async #exchange({ request, connection }: Exchange): Promise<HttpReply> {
    const wire = await this.#open(connection);
    await wire.write(this.#message(request));
    const reply = await wire.read();
    const challenge = reply.headers.get("www-authenticate")?.join(", ") ?? "";
    if (reply.status !== 401 || !this.#authenticator.challenged(challenge)) return reply;
    await wire.write(this.#message(request));
    return wire.read();
  }

  async #open(connection: string): Promise<HttpWire> {
    if (this.#connection !== connection) this.#wire?.cut();
    this.#connection = connection;
    const { patienceMs = PATIENCE_MS } = this.#options;
    if (this.#wire?.isOpen !== true) this.#wire = await openWire(this.#url, { patienceMs });
    return this.#wire;
  }

  #message({ line, headers, body: captured }: CapturedRequest): string {
    const uri = this.#url.pathname + this.#url.search;
    const [method = "POST"] = line.split(" ");
    const body = this.#translate(captured);
    const authorization = this.#authenticator.authorization({ method, uri, body });
    const kept = headers.flatMap((header) =>
      this.#header(header, { body, isProven: authorization !== undefined }),
    );
    const proof = authorization === undefined ? [] : [`Authorization: ${authorization}`];
    return `${[`${method} ${uri} HTTP/1.1`, ...kept, ...proof].join("\r\n")}\r\n\r\n${body}`;
  }

  #header(header: string, { body, isProven }: { body: string; isProven: boolean }): readonly string[] {
    const name = header.slice(0, header.indexOf(":"));
    switch (name.toLowerCase()) {
      case "host":
        return [`${name}: ${this.#url.host}`];
      case "content-length":
        return [`${name}: ${Buffer.byteLength(body)}`];
      case "cookie":
        return [this.#translate(header)];
      case "authorization":
        return isProven || / digest /i.test(header) ? [] : [header];
      default:
        return [header];
    }
  }

  #translate(text: string): string {
    let translated = text;
    for (const [captured, own] of this.#words) translated = translated.replaceAll(captured, () => own);
    return translated;
  }

  #learn(captured: HttpReply, own: HttpReply): void {
    const cookie = cookiesOf(captured);
    if (cookie !== "") this.#words.set(cookie, cookiesOf(own));
    const [was, is] = [gist(captured).id, gist(own).id];
    if (was !== undefined && is !== undefined) this.#words.set(`>${was}</`, `>${is}</`);
  }
}

function cookiesOf({ headers }: HttpReply): string {
  return (headers.get("set-cookie") ?? []).map((cookie) => cookie.replace(/;.*$/s, "")).join("; ");
}

/** What a reply comes down to. */
function gist({ status, body }: HttpReply): { readonly what: string; readonly id?: string | undefined } {
  if (body === "") return { what: String(status) };
  const message = decodeEnvelope(body, { role: "device", limits: defaultLimits });
  if (!message.ok) return { what: `${status}, ${message.problem.detail}` };
  const { id, body: content } = message.value;
  return { what: `${status} ${content.kind} ${"method" in content ? content.method : ""}`.trim(), id };
}
