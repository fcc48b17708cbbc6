import type { InformEvent, OperationRecord } from "../ports/index.ts";
import { answered, isOut, lost } from "./calls.ts";
import { each, stay } from "./decision.ts";
import { evidenceOf, hasBooted, loss, neverTold, settleByInform } from "./operation.ts";
import type { Decision, DeviceState } from "./state.ts";

interface Told {
  readonly events: readonly InformEvent[];
  readonly now: number;
}

/** What the Inform that opened a session makes of the calls that earlier connections left. */
export function settleByOpening(state: DeviceState, { events, now }: Told): Decision {
  return each(state, unsettled(state), (reached, operation) => {
    const settled = settleByInform(operation, events, { now, attaches: reached.attaches });
    return settled.type === "ran"
      ? answered(reached, { operation, outcome: settled.outcome, now })
      : lost(reached, operation, settled);
  });
}

/** What an Inform makes of calls beside the connection it came over: proof counts, and so does a boot for what was left. */
export function settleByEvents(state: DeviceState, { events, now }: Told): Decision {
  const claimed = state.queue.filter((operation) => operation.claim !== undefined);
  return each(state, claimed, (reached, operation) => {
    const outcome = evidenceOf(operation, events);
    if (outcome !== undefined) return answered(reached, { operation, outcome, now });
    if (!hasBooted(events) || isOut(reached, operation)) return stay(reached);
    const settled = settleByInform(operation, events, { now, attaches: reached.attaches });
    return settled.type === "ran" ? stay(reached) : lost(reached, operation, settled);
  });
}

/** The device was given time to send the answers it owes, and did not: what may be sent again is. */
export function giveUpOwed(state: DeviceState, now: number): Decision {
  const { owedUntil: _, ...rest } = state;
  const silent = { type: "no-answer", detail: "the device is connected, and did not answer" } as const;
  return each(rest, unsettled(rest), (reached, operation) => {
    const what = loss(operation, silent, { now, attaches: false });
    return lost(reached, operation, what.type === "await-evidence" ? neverTold(now) : what);
  });
}

/** Operations with a call that was sent, and of which nobody will tell by himself. */
export function unsettled(state: DeviceState): readonly OperationRecord[] {
  return state.queue.filter((operation) => operation.claim !== undefined && !isOut(state, operation));
}
