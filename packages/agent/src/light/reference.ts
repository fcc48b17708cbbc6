import type { Subprotocol } from "./light-options.ts";

/** Where the ACS sends a device for a connection, and what lets it in [LIGHT 1.2]. */
export interface Reference {
  readonly url: string;
  /** What the device offers there, in its order of preference. */
  readonly subprotocols: readonly Subprotocol[];
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** A reference as the ACS gave it, by header or by parameters. */
export interface GivenReference {
  readonly url: string;
  /** The one that the ACS chose; undefined where it leaves that to the opening. */
  readonly subprotocol: string | undefined;
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
}

/** What an ACS said of a reference, and to whom. */
export interface Referral {
  readonly reference: GivenReference;
  /** What the device speaks, in its order of preference. */
  readonly spoken: readonly Subprotocol[];
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
export function usableReference({ reference, spoken, acsUrl, now }: Referral): Reference | undefined {
  const { url, subprotocol, token, expiresIn } = reference;
  const subprotocols = spoken.filter((each) => subprotocol === undefined || each === subprotocol);
  if (subprotocols.length === 0 || !isToken(token)) return undefined;
  const target = URL.parse(url);
  if (target === null || target.hash !== "") return undefined;
  const isInTheClear = target.protocol === "ws:" && !/^https:/i.test(acsUrl);
  if (target.protocol !== "wss:" && !isInTheClear) return undefined;
  return { url, subprotocols, token, expiresAt: now + expiresIn * 1000 };
}

/** Whether it can stand in an HTTP header, and is no longer than any server takes. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]{1,4096}$/.test(text);
}

/** Whether its token is still taken; asked where the device comes back with it. */
export function isGood({ expiresAt }: Reference, now: number): boolean {
  return expiresAt > now;
}
