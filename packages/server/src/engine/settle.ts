import type { InformEvent, OperationRecord } from "../ports/index.ts";
import { answered, isOut, lost } from "./calls.ts";
import { each, stay, then } from "./decision.ts";
import { evidenceOf, hasBooted, loss, neverTold, settleByInform } from "./operation.ts";
import { beginAgain } from "./refresh-begin.ts";
import type { Change, Decision, DeviceState } from "./state.ts";
import { strikeByBoot } from "./strain.ts";

interface Told {
  readonly events: readonly InformEvent[];
  readonly now: number;
}

/** What the Inform that opened a session makes of the calls that earlier connections left. */
export function settleByOpening(state: DeviceState, { events, now }: Told): Decision {
  const wasRead = isRead(state);
  const settled = each(state, unsettled(state), (reached, operation) => {
    const what = settleByInform(operation, events, { now, attaches: reached.attaches });
    return what.type === "ran"
      ? answered(reached, { operation, outcome: what.outcome, now })
      : lost(reached, operation, what);
  });
  return afterBoot(settled, { events, wasRead, now });
}

/** What an Inform makes of calls beside the connection it came over: proof counts, and so does a boot for what was left. */
export function settleByEvents(state: DeviceState, { events, now }: Told): Decision {
  const claimed = state.queue.filter((operation) => operation.claim !== undefined);
  const wasRead = isRead(state);
  const settled = each(state, claimed, (reached, operation) => {
    const outcome = evidenceOf(operation, events);
    if (outcome !== undefined) return answered(reached, { operation, outcome, now });
    if (!hasBooted(events) || isOut(reached, operation)) return stay(reached);
    const what = settleByInform(operation, events, { now, attaches: reached.attaches });
    return what.type === "ran" ? stay(reached) : lost(reached, operation, what);
  });
  return afterBoot(settled, { events, wasRead, now });
}

/** Whether a read was with the device. */
function isRead({ queue }: DeviceState): boolean {
  return queue.some(({ claim, reads }) => claim !== undefined && reads);
}

/** After a boot instances may have other numbers: refreshes begin again. */
function afterBoot(settled: Decision, told: Told & { readonly wasRead: boolean }): Decision {
  if (!hasBooted(told.events)) return settled;
  const begun = then(settled, (state) =>
    each(state, state.queue.filter(isUnderWay), (reached, operation) =>
      startAgain(reached, operation, told.now),
    ),
  );
  return then(begun, (state) => strikeByBoot(state, told));
}

function isUnderWay({ refresh, claim }: OperationRecord): boolean {
  return refresh !== undefined && refresh.rpcs > 0 && claim === undefined;
}

function startAgain(state: DeviceState, operation: OperationRecord, now: number): Decision {
  if (operation.refresh === undefined) return stay(state);
  const refresh = beginAgain(operation.refresh, now);
  // One that has reached a bound leaves out what it has not read.
  if (refresh.step === undefined) return stay(state);
  const queue = state.queue.map((other) => (other.id === operation.id ? { ...operation, refresh } : other));
  const change: Change = { type: "replan-refresh", change: { operation: operation.id, refresh } };
  return { state: { ...state, queue }, effects: [{ type: "commit", change }] };
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
