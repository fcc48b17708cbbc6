import type { Clock } from "../ports/index.ts";

/** Wrong tokens, counted by the address they came from. */
export interface Attempts {
  /** How long nothing from this address is looked at; 0 where it may go on. */
  blockedForMs(address: string): number;
  failed(address: string): void;
}

export interface AttemptLimits {
  /** Wrong tokens an address may send at once. */
  readonly burst: number;
  /** After this long one of them is forgotten. */
  readonly forgetMs: number;
  /** Addresses remembered; the one that failed longest ago goes first. */
  readonly maxAddresses: number;
}

export const defaultAttemptLimits: AttemptLimits = { burst: 10, forgetMs: 6_000, maxAddresses: 10_000 };

export function countAttempts(clock: Clock, limits: AttemptLimits = defaultAttemptLimits): Attempts {
  /** When the last wrong token of an address will be forgotten: each pushes it on by the same time. */
  const forgottenAt = new Map<string, number>();
  const { burst, forgetMs, maxAddresses } = limits;
  return {
    blockedForMs(address) {
      const at = forgottenAt.get(network(address)) ?? 0;
      return Math.max(0, at - clock.elapsed() - (burst - 1) * forgetMs);
    },
    failed(address) {
      const key = network(address);
      const from = Math.max(forgottenAt.get(key) ?? 0, clock.elapsed());
      forgottenAt.delete(key);
      forgottenAt.set(key, from + forgetMs);
      const [oldest] = forgottenAt.keys();
      if (forgottenAt.size > maxAddresses && oldest !== undefined) forgottenAt.delete(oldest);
    },
  };
}

/** Whoever has one IPv6 address has the 2^64 beside it, too. */
function network(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":");
  const filled = tail === undefined ? groups : [...groups, ...new Array<string>(8 - groups.length).fill("0")];
  return filled.slice(0, 4).join(":");
}
