import { writeChallenge } from "@heliograph/protocol";
import { REALM } from "../../ports/index.ts";
import type { Clock, Random } from "../../ports/index.ts";
import type { Peer } from "../peer.ts";
import type { CwmpSettings } from "./cwmp-settings.ts";
import { nonces } from "./nonces.ts";
import type { Nonces } from "./nonces.ts";
import { plain, withHeader } from "./reply.ts";
import type { Reply } from "./reply.ts";

/** Asks devices who they are, and knows its own questions again. */
export class Challenges {
  readonly #clock: Clock;
  readonly #settings: CwmpSettings;
  readonly #nonces: Nonces;

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }, settings: CwmpSettings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#nonces = nonces(random);
  }

  isFresh(nonce: string): boolean {
    return this.#nonces.isFresh(nonce, this.#clock.now());
  }

  /** A password in the clear is asked for only where nobody on the way can read it. */
  isBasicAllowed(peer: Peer): boolean {
    return peer.local || peer.secure || this.#settings.insecure || this.#settings.behindProxy;
  }

  /** MD5 first: old stacks answer the first challenge, or none. `stale`: only the nonce was wrong. */
  reply(peer: Peer, stale = false): Reply {
    const nonce = this.#nonces.make(this.#clock.now());
    const digest = (["MD5", "SHA-256"] as const).map((algorithm) =>
      writeChallenge({ realm: REALM, nonce, qop: ["auth"], algorithm, stale }),
    );
    const basic = this.isBasicAllowed(peer) ? [`Basic realm="${REALM}"`] : [];
    return withHeader(plain(401, "authentication required"), "WWW-Authenticate", [...digest, ...basic]);
  }
}
