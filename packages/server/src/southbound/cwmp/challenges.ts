import { writeChallenge } from "@heliograph/protocol";
import { REALM } from "../../ports/index.ts";
import type { Clock, QuirkValue, Random } from "../../ports/index.ts";
import type { Peer } from "../peer.ts";
import type { CwmpSettings } from "./cwmp-settings.ts";
import { nonces } from "./nonces.ts";
import type { Answer, Nonces } from "./nonces.ts";
import { plain, withHeader } from "./reply.ts";
import type { Reply } from "./reply.ts";

export interface Challenging {
  /** Only the nonce was wrong. */
  readonly stale?: boolean;
  /** What the device can read, where it is known. */
  readonly digest?: QuirkValue<"digest">;
}

const MD5_ONLY = ["MD5"] as const;
const BOTH = ["MD5", "SHA-256"] as const;

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

  /** For one admission: whether a right answer is good for it. It is good for no other, so that nobody can replay it. */
  acceptance(): (answer: Answer) => boolean {
    let accepted: boolean | undefined;
    return (answer) => (accepted ??= this.#nonces.spend(answer, this.#clock.now()));
  }

  /** A password in the clear is asked for only where nobody on the way can read it. */
  isBasicAllowed(peer: Peer): boolean {
    return peer.local || peer.secure || this.#settings.insecure || this.#settings.behindProxy;
  }

  /** MD5 first: old stacks answer the first challenge, or none. */
  reply(peer: Peer, { stale = false, digest = "md5-and-sha256" }: Challenging = {}): Reply {
    const nonce = this.#nonces.make(this.#clock.now());
    const algorithms = digest === "md5-only" ? MD5_ONLY : BOTH;
    const challenges = algorithms.map((algorithm) =>
      writeChallenge({ realm: REALM, nonce, qop: ["auth"], algorithm, stale }),
    );
    const basic = this.isBasicAllowed(peer) ? [`Basic realm="${REALM}"`] : [];
    return withHeader(plain(401, "authentication required"), "WWW-Authenticate", [...challenges, ...basic]);
  }
}
