import type { ConnectReply } from "../../ports/index.ts";

/** The close codes of the light transport [LIGHT 2]; from 4500 on a device is not to come back. */
export const closeCodes = {
  /** Come back, after a random part of the seconds that the reason says. */
  comeBack: 1001,
  unreadable: 1003,
  replaced: 4000,
  tokenRefused: 4001,
  notReading: 4002,
  abuse: 4003,
  removed: 4500,
  notAllowed: 4501,
} as const;

/** How the ACS ends a connection. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** Why an engine does not take a connection, or the device's row forbids it. */
export type Bar = Extract<ConnectReply, { readonly type: "refused" }>["reason"];

export const barred: Readonly<Record<Bar, Closing>> = {
  "unknown-device": { code: closeCodes.removed, reason: "this device was removed" },
  "not-approved": { code: closeCodes.notAllowed, reason: "this device is not approved" },
  revoked: { code: closeCodes.tokenRefused, reason: "the token was revoked" },
};

export const replaced: Closing = {
  code: closeCodes.replaced,
  reason: "another connection of this device took its place",
};

export const notReading: Closing = {
  code: closeCodes.notReading,
  reason: "it does not read what it is sent",
};

/** The reason is the number that the device takes its pause from, and nothing else. */
export function comeBack(drainSeconds: number): Closing {
  return { code: closeCodes.comeBack, reason: String(drainSeconds) };
}
