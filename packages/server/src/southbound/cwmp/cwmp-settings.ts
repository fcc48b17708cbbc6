import type { IncomingMessage } from "node:http";
import { defaultLimits } from "@heliograph/protocol";
import type { Limits } from "@heliograph/protocol";
import type { Peer } from "../peer.ts";

export interface CwmpSettings {
  /** The shared secret for devices without credentials of their own; left out, there is none. */
  readonly firstContact?: { readonly username: string; readonly password: string };
  /** Which devices may enrol themselves without a secret and without approval. */
  readonly openEnrolment: "none" | "loopback" | "all";
  /** A proxy in front ends TLS and says where a request came from. */
  readonly behindProxy: boolean;
  /** Offers Basic off loopback without TLS all the same. */
  readonly insecure: boolean;
  /**
   * Where a device that came by this request would find the light transport; undefined where it may not be referred [LIGHT 1.2].
   * Left out, nobody is.
   */
  readonly lightUrl?: (request: IncomingMessage, peer: Peer) => string | undefined;
  readonly bounds?: Partial<CwmpBounds>;
}

/** How much, and for how long, the gateway bears. */
export interface CwmpBounds {
  /** How long a device in a session may be silent that does not say how long it wants to be; CWMP asks for at least 30 s. */
  readonly sessionTimeoutMs: number;
  /** The longest that a device may ask for by its SessionTimeout. */
  readonly maxSessionTimeoutMs: number;
  /** How long running sessions may take to end once the gateway closes. */
  readonly closeTimeoutMs: number;
  readonly maxSessions: number;
  /** Bytes of all unfinished requests together. */
  readonly maxHeldBytes: number;
  /** What a device may send within a session. */
  readonly limits: Limits;
  /** What somebody whom nobody knows yet may send. */
  readonly informLimits: Limits;
}

export const defaultBounds: CwmpBounds = {
  sessionTimeoutMs: 30_000,
  maxSessionTimeoutMs: 120_000,
  closeTimeoutMs: 5_000,
  maxSessions: 50_000,
  maxHeldBytes: 256 * 1024 * 1024,
  limits: defaultLimits,
  informLimits: { ...defaultLimits, maxChars: 512 * 1024, maxNodes: 40_000 },
};
