/**
 * What a device does once its connection was closed [LIGHT 2].
 *
 * - `retry`: opens another by the retry table.
 * - `pause`: opens another after a random part of the seconds that the reason says.
 * - `wait`: unless it opened the newer connection itself, opens another after the wait of the fourth retry.
 * - `refer`: Informs over HTTP, so that it is referred anew.
 * - `stay-away`: opens none, and speaks classic CWMP until it is referred anew.
 */
export type AfterClose = "retry" | "pause" | "wait" | "refer" | "stay-away";

export interface CloseRow {
  readonly code: number;
  /** For a person who reads a log. */
  readonly meaning: string;
  readonly then: AfterClose;
}

/**
 * The register of the close codes that mean something on a light connection. Closed: a new code is a new row here, and
 * nowhere else.
 */
export const closeCodes = {
  done: { code: 1000, meaning: "the connection is no longer needed", then: "retry" },
  /** The reason is the seconds that devices spread their return over, and nothing else. */
  comeBack: { code: 1001, meaning: "the ACS stops, or has no room", then: "pause" },
  unreadable: {
    code: 1003,
    meaning: "a message cannot be read in the subprotocol that is spoken",
    then: "retry",
  },
  tooLarge: { code: 1009, meaning: "a message is larger than the limit", then: "retry" },
  replaced: { code: 4000, meaning: "a newer connection of the device took its place", then: "wait" },
  tokenRefused: { code: 4001, meaning: "the token is not valid, has expired or was revoked", then: "refer" },
  notReading: { code: 4002, meaning: "the device does not read what it is sent", then: "retry" },
  abuse: { code: 4003, meaning: "the device went on beyond a limit that fault 8004 named", then: "retry" },
  removed: { code: 4500, meaning: "the device was removed", then: "stay-away" },
  notAllowed: {
    code: 4501,
    meaning: "the device is not allowed, or gave itself out for another",
    then: "stay-away",
  },
} as const satisfies Readonly<Record<string, CloseRow>>;

export type CloseName = keyof typeof closeCodes;

const FIRST_THAT_KEEPS_AWAY = 4500;
const LAST_THAT_KEEPS_AWAY = 4999;

/** What a device does after any close code: one without a row is like a lost connection, but 4500 and up keep away. */
export function afterClose(code: number): AfterClose {
  const row = Object.values(closeCodes).find((known) => known.code === code);
  if (row !== undefined) return row.then;
  return code >= FIRST_THAT_KEEPS_AWAY && code <= LAST_THAT_KEEPS_AWAY ? "stay-away" : "retry";
}

const USUAL_PAUSE_SECONDS = 60;
const SECONDS = /^[0-9]{1,5}$/;

/** The seconds that devices spread their return over, from the reason of `comeBack`; 60 where it names none. */
export function pauseSeconds(reason: string): number {
  return SECONDS.test(reason) ? Number(reason) : USUAL_PAUSE_SECONDS;
}
