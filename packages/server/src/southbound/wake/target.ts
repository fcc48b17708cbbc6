import { isIP } from "node:net";
import { includes, isLinkLocal, isLoopback, isNobodys, plainAddress } from "../address.ts";
import type { Network } from "../address.ts";

/** Where a connection request goes, as the device's ConnectionRequestURL has it. */
export interface Target {
  /** A name, or an address in plain form. */
  readonly host: string;
  readonly port: number;
  /** Path and query. */
  readonly path: string;
  /** The Host header. */
  readonly authority: string;
}

export type ReadTarget =
  { readonly ok: true; readonly target: Target } | { readonly ok: false; readonly detail: string };

/** Devices send nothing, names without a scheme, `https` and worse as their URL. What is in it is never said in the detail. */
export function readTarget(connectionRequestUrl: string | undefined): ReadTarget {
  const text = connectionRequestUrl?.trim() ?? "";
  if (text === "") return unusable("it gave no ConnectionRequestURL");
  const url = URL.parse(text);
  if (url === null) return unusable("its ConnectionRequestURL is not a URL");
  if (url.protocol !== "http:") return unusable("its ConnectionRequestURL is not an http URL");
  const host = plainAddress(url.hostname) ?? url.hostname;
  const port = url.port === "" ? 80 : Number(url.port);
  return { ok: true, target: { host, port, path: url.pathname + url.search, authority: url.host } };
}

function unusable(detail: string): ReadTarget {
  return { ok: false, detail };
}

/** What decides where connection requests may go. */
export interface TargetRules {
  /** Where the device's last authenticated Inform came from, in plain form. */
  readonly informAddress: string;
  /** The `connection-request-networks` setting. */
  readonly networks: readonly Network[];
  /** This machine's own addresses. */
  readonly ownAddresses: readonly string[];
}

/**
 * Whether a request may go to this address, so that no device can aim the ACS at others: only to where the device itself
 * came from, or into the listed networks; to this machine or a link's own addresses only where the list means them.
 */
export function mayRequest(address: string, rules: TargetRules): boolean {
  if (isIP(address) === 0 || isNobodys(address)) return false;
  if (address === rules.informAddress) return true;
  const isSpecial = (candidate: string): boolean =>
    isLoopback(candidate) || isLinkLocal(candidate) || rules.ownAddresses.includes(candidate);
  const meant = isSpecial(address) ? rules.networks.filter(({ base }) => isSpecial(base)) : rules.networks;
  return includes(meant, address);
}
