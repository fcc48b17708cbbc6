import { writeChallenge } from "@heliograph/protocol";
import { REALM } from "../../ports/index.ts";
import type { GatewayId, QuirkValue } from "../../ports/index.ts";
import type { Peer } from "../peer.ts";
import type { CwmpSettings } from "./cwmp-settings.ts";
import type { Answer } from "./nonces.ts";
import { plain, withHeader } from "./reply.ts";
import type { Reply } from "./reply.ts";
import { SharedNonces, type NoncePorts } from "./shared-nonces.ts";

export interface Challenging {
  /** Only the nonce was wrong. */
  readonly stale?: boolean;
  /** What the device can read, where it is known. */
  readonly digest?: QuirkValue<"digest">;
}

/** Whether a right answer is good for an admission. It is good for no other, so that nobody can replay it. */
export interface Acceptance {
  /** Also where only whoever made the nonce can say: who goes on asks {@link unsure} first. */
  readonly accepts: (answer: Answer) => boolean;
  /** Has whoever made the nonce say whether the answer is good, which `accepts` says from then on; undefined where we know. */
  readonly unsure: () => Promise<void> | undefined;
}

const MD5_ONLY = ["MD5"] as const;
const BOTH = ["MD5", "SHA-256"] as const;

/** Asks devices who they are, and knows its own questions again; of those of other gateways it asks these. */
export class Challenges {
  readonly #settings: CwmpSettings;
  readonly #nonces: SharedNonces;

  constructor(ports: NoncePorts, settings: CwmpSettings, gateway: GatewayId) {
    this.#settings = settings;
    this.#nonces = new SharedNonces(ports, gateway);
  }

  close(): void {
    this.#nonces.close();
  }

  /** For one admission. */
  acceptance(): Acceptance {
    let accepted: boolean | undefined;
    let foreign: Answer | undefined;
    return {
      accepts: (answer) => {
        if (accepted !== undefined) return accepted;
        if (!this.#nonces.isForeign(answer)) return (accepted = this.#nonces.spend(answer));
        foreign = answer;
        return true;
      },
      unsure: () => {
        if (foreign === undefined || accepted !== undefined) return undefined;
        return this.#nonces.askMaker(foreign).then((isGood) => {
          accepted = isGood;
        });
      },
    };
  }

  /** A password in the clear is asked for only where nobody on the way can read it. */
  isBasicAllowed(peer: Peer): boolean {
    return peer.local || peer.secure || this.#settings.insecure || this.#settings.behindProxy;
  }

  /** MD5 first: old stacks answer the first challenge, or none. */
  reply(peer: Peer, { stale = false, digest = "md5-and-sha256" }: Challenging = {}): Reply {
    const nonce = this.#nonces.make();
    const algorithms = digest === "md5-only" ? MD5_ONLY : BOTH;
    const challenges = algorithms.map((algorithm) =>
      writeChallenge({ realm: REALM, nonce, qop: ["auth"], algorithm, stale }),
    );
    const basic = this.isBasicAllowed(peer) ? [`Basic realm="${REALM}"`] : [];
    return withHeader(plain(401, "authentication required"), "WWW-Authenticate", [...challenges, ...basic]);
  }
}
