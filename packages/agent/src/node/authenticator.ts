import { createHash, randomBytes } from "node:crypto";
import { answerChallenge, basicAuthorization, chooseDigest, parseChallenges } from "@heliograph/protocol";
import type { Challenge, Hash } from "@heliograph/protocol";
import type { Credentials } from "../credentials.ts";

/** The hash that HTTP Digest is handed on Node. */
export const nodeHash: Hash = (algorithm, text) => createHash(algorithm).update(text).digest("hex");

export interface AuthenticatorOptions {
  readonly credentials: Credentials | undefined;
  /** Whether a server that offers nothing but Basic gets the password: for TLS and loopback only. */
  readonly allowBasic: boolean;
}

/** What a request says of itself that credentials may cover. */
export interface RequestLine {
  readonly method: string;
  /** The request target: path and query. */
  readonly uri: string;
  readonly body?: string;
}

/** The client's side of HTTP authentication with one server: remembers the challenge and counts the uses of its nonce. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  #challenge: Challenge | undefined;
  #nc = 0;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** Takes in the WWW-Authenticate of a 401. False where there is nothing to answer it with. */
  challenged(header: string): boolean {
    const challenges = parseChallenges(header);
    const basic = this.#options.allowBasic ? challenges.find(({ scheme }) => scheme === "basic") : undefined;
    this.#challenge = chooseDigest(challenges) ?? basic;
    this.#nc = 0;
    return this.#challenge !== undefined && this.#options.credentials !== undefined;
  }

  /** The Authorization header for a request; undefined as long as nobody asked for one. */
  authorization(request: RequestLine): string | undefined {
    const { credentials } = this.#options;
    if (credentials === undefined || this.#challenge === undefined) return undefined;
    const { username, password } = credentials;
    this.#nc += 1;
    if (this.#challenge.scheme === "basic") return basicAuthorization(username, password);
    if (this.#challenge.scheme !== "digest") return undefined;
    const cnonce = randomBytes(16).toString("hex");
    const challenge = this.#challenge;
    return answerChallenge(nodeHash, {
      challenge,
      username,
      secret: { password },
      cnonce,
      nc: this.#nc,
      ...request,
    });
  }
}
