import { accept, refuse, type Decoded } from "../decoded.ts";

/** The versions of STOMP, the newest last. */
export const stompVersions = ["1.0", "1.1", "1.2"] as const;

export type StompVersion = (typeof stompVersions)[number];

/** What a WebSocket's subprotocol is named where it carries STOMP of a version, in IANA's register. */
export const stompSubprotocols = {
  "1.0": "v10.stomp",
  "1.1": "v11.stomp",
  "1.2": "v12.stomp",
} as const satisfies Readonly<Record<StompVersion, string>>;

/** What counts until two sides have agreed on a version: CONNECT and CONNECTED are read alike in all. */
export const VERSION_AT_FIRST: StompVersion = "1.2";

const MAX_SHOWN_CHARS = 64;

/** Reads `accept-version`; who sends none speaks 1.0 alone [STOMP 1.2 Protocol Negotiation]. */
export function readVersions(header: string | undefined): readonly string[] {
  return header === undefined ? ["1.0"] : header.split(",").map((version) => version.trim());
}

/** The highest version that both sides speak; the problem names those that are spoken here. */
export function agreeOnVersion(
  accepted: readonly string[],
  spoken: readonly StompVersion[],
): Decoded<StompVersion> {
  const agreed = stompVersions.findLast((version) => spoken.includes(version) && accepted.includes(version));
  if (agreed !== undefined) return accept(agreed);
  const given = accepted.join(",").slice(0, MAX_SHOWN_CHARS);
  return refuse("no-common-version", "accept-version", `${given} is not among ${spoken.join(" ")}`);
}

export function isStompVersion(text: string): text is StompVersion {
  return stompVersions.some((version) => version === text);
}
