import type { WebSocketReference } from "@heliograph/protocol";
import { SUBPROTOCOLS } from "./light-options.ts";

/** Where the ACS sends a device for a connection, and what lets it in [LIGHT 1.2]. */
export interface Reference {
  readonly url: string;
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** What an ACS said of a reference, by header or by parameters. */
export interface Referral {
  readonly reference: WebSocketReference;
  /** The ACS that said it. */
  readonly acsUrl: string;
  readonly now: number;
}

/** Parameters say no time: a reference lives ten minutes [LIGHT 2]. */
export const USUAL_LIFE_SECONDS = 600;

/**
 * The reference as the device uses it; undefined where it cannot: another subprotocol, no WebSocket URL, or one in the
 * clear from an ACS that is spoken to over TLS, where a token that was overheard would be the device.
 */
export function usableReference({ reference, acsUrl, now }: Referral): Reference | undefined {
  const { url, subprotocol, token, expiresIn } = reference;
  if (!SUBPROTOCOLS.includes(subprotocol) || !isToken(token)) return undefined;
  const target = URL.parse(url);
  if (target === null || target.hash !== "") return undefined;
  const isInTheClear = target.protocol === "ws:" && !/^https:/i.test(acsUrl);
  if (target.protocol !== "wss:" && !isInTheClear) return undefined;
  return { url, token, expiresAt: now + expiresIn * 1000 };
}

/** Whether it can stand in an HTTP header, and is no longer than any server takes. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]{1,4096}$/.test(text);
}

/** Whether its token is still taken; asked where the device comes back with it. */
export function isGood({ expiresAt }: Reference, now: number): boolean {
  return expiresAt > now;
}
