import type { Trail } from "../trail.ts";
import { post, type Reply, type Trust } from "../wire/http-exchange.ts";
import { authorize, type Login } from "./digest.ts";

export interface SessionOptions {
  readonly url: string;
  readonly trust: Trust;
  readonly waitMs: number;
  readonly login: Login | undefined;
  readonly trail: Trail;
}

/** One CWMP session over HTTP, with its cookies and its login. */
export class AcsSession {
  readonly #options: SessionOptions;
  readonly #cookies = new Map<string, string>();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Posts a body, once more where the ACS asks who this is. */
  async post(body: string): Promise<Reply> {
    const { login, url } = this.#options;
    const first = await this.#post(body, undefined);
    const challenges = [first.headers["www-authenticate"] ?? ""].flatMap((all) =>
      all.split(/,\s*(?=Digest|Basic)/),
    );
    if (first.status !== 401 || login === undefined) return first;
    const { pathname, search } = new URL(url);
    for (const challenge of challenges) {
      const authorization = authorize(challenge, login, pathname + search);
      if (authorization !== undefined) return this.#post(body, authorization);
    }
    return first;
  }

  async #post(body: string, authorization: string | undefined): Promise<Reply> {
    const { url, trust, waitMs, trail } = this.#options;
    const cookies = [...this.#cookies].map((pair) => pair.join("=")).join("; ");
    const headers = {
      "Content-Length": String(Buffer.byteLength(body)),
      ...(body === "" ? {} : { "Content-Type": 'text/xml; charset="utf-8"', SOAPAction: "" }),
      ...(cookies === "" ? {} : { Cookie: cookies }),
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    };
    trail.sent(`POST ${body === "" ? "of nothing" : body}`);
    const reply = await post({ url, trust, waitMs, headers }, body);
    for (const line of reply.headers["set-cookie"] ?? []) {
      const [, name, value] = /^\s*([^=;]+)=([^;]*)/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) this.#cookies.set(name, value);
    }
    return reply;
  }
}
