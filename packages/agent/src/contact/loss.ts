import { afterClose, closeCodes, pauseSeconds } from "@heliograph/protocol";
import type { AfterClose } from "@heliograph/protocol";
import type { LinkRefusal } from "../light/link.ts";
import { retryDelayMs } from "../retry.ts";
import type { Moment } from "./contact-state.ts";

/** Why there is no link: it could not be opened, or it was closed. */
export type Loss = LinkRefusal | { readonly code: number; readonly reason: string };

/** What a device does about a loss. */
export interface Recovery {
  /** `reopen`: opens another. `refer`: Informs for a new token. `stay-away`: neither, until it is referred anew. */
  readonly then: "reopen" | "refer" | "stay-away";
  readonly delayMs: number;
}

/** The wait of the device whose place another took, where it opened no other link itself [LIGHT 2]. */
const REPLACED_TRY = 4;
/** So often in a row an ACS is believed that says when to come again: then it is waited for like one that is not there. */
const MOST_BELIEVED = 4;
/** A TCP connection that broke off [RFC 6455 7.1.5]. */
const BROKEN_OFF = 1006;

/** How a device recovers from the loss that is the given one of its kind in a row, 1 being the first [LIGHT 2]. */
export function recovery(loss: Loss, tries: number, { fraction, policy }: Moment): Recovery {
  const waitMs = (retry: number): number => (retry < 1 ? 0 : retryDelayMs(retry, fraction, policy));
  const then = afterLoss(loss);
  switch (then) {
    case "retry": {
      const notBefore = notBeforeMs(loss);
      return { then: "reopen", delayMs: Math.max(waitMs(tries - believed(notBefore)), notBefore) };
    }
    case "pause": {
      const pauseMs = pauseSeconds(loss.reason) * 1000;
      const delayMs = Math.max(Math.round(fraction * pauseMs), waitMs(tries - believed(pauseMs, 1)));
      return { then: "reopen", delayMs };
    }
    case "wait":
      return { then: "reopen", delayMs: waitMs(Math.max(tries, REPLACED_TRY)) };
    case "refer":
      return { then: "refer", delayMs: waitMs(tries - 1) };
    case "stay-away":
      return { then: "stay-away", delayMs: 0 };
  }
}

/** Of the losses in a row, those after which the wait is what the ACS says; `usual` where it says that there is to be none. */
function believed(toldMs: number, usual = 0): number {
  return toldMs > 0 ? MOST_BELIEVED : usual;
}

/** Whether it was for the token: a kind of its own, as another token may mend it. */
export function isTokenRefusal(loss: Loss): boolean {
  return afterLoss(loss) === "refer";
}

export function describeLoss(loss: Loss): string {
  if (!("code" in loss)) return loss.reason;
  if (loss.code === BROKEN_OFF) return loss.reason === "" ? "the connection broke off" : loss.reason;
  const row = Object.values(closeCodes).find(({ code }) => code === loss.code);
  return `the ACS closes the connection: ${row?.meaning ?? `${loss.code} ${loss.reason}`.trim()}`;
}

function afterLoss(loss: Loss): AfterClose {
  if ("code" in loss) return afterClose(loss.code);
  if (loss.status === 401) return "refer";
  return loss.status === 400 || loss.status === 403 || loss.isFinal === true ? "stay-away" : "retry";
}

function notBeforeMs(loss: Loss): number {
  return "code" in loss ? 0 : (loss.notBeforeMs ?? 0);
}
