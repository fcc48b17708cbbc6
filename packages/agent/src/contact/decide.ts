import { isGood } from "../light/reference.ts";
import type { Reference } from "../light/reference.ts";
import { retryDelayMs } from "../retry.ts";
import { noContact, stay, timerNames } from "./contact-state.ts";
import type {
  ContactDecision,
  ContactEffect,
  ContactInput,
  ContactState,
  Moment,
  TimerName,
} from "./contact-state.ts";
import { describeLoss, isTokenRefusal, recovery } from "./loss.ts";
import type { Loss } from "./loss.ts";

type Of<T extends ContactInput["type"]> = Extract<ContactInput, { readonly type: T }>;

/** A link that lasted this long was a good one: the next loss is the first again [LIGHT 2]. */
const STEADY_MS = 60_000;
/** A token that lives shorter is not renewed: the device shows its own credentials again when it is over [LIGHT 2]. */
const LEAST_RENEWAL_MS = 120_000;

/**
 * When a device speaks with its ACS, and over what: classic sessions one at a time, and failed ones again by the rules of
 * CWMP [CWMP 1.4 3.2.1.1]; a link once it was referred to one, and everything over it while there is one [LIGHT 1, 2].
 */
export function decide(state: ContactState, input: ContactInput, moment: Moment): ContactDecision {
  switch (input.type) {
    case "booted":
      return stay({ ...state, isUp: true });
    case "going-down":
      return goDown(state);
    case "wanted":
      return stay({ ...state, wanted: state.wanted === "at-once" ? "at-once" : input.urgency });
    case "summoned":
      return summoned(state, moment);
    case "moved":
      return moved(state);
    case "considered":
      return consider(state);
    case "session-ended":
      return sessionEnded(state, input);
    case "session-failed":
      return state.isUp ? failed(state, input.reason, moment) : stay({ ...state, telling: undefined });
    case "link-opened":
      return linkOpened(state, input);
    case "link-refused":
      return notOpened(state, input, moment);
    case "link-closed":
      return linkClosed(state, input, moment);
    case "told":
      return told(state);
    case "not-told":
      return notTold(state, input, moment);
    case "attached":
      return attached(state, input, moment);
    case "not-attached":
      return notAttached(state, input, moment);
    case "time":
      return onTime(state, input.timer, moment);
  }
}

/** Starts what can be started: one thing at a time is told, over the link where there is one. */
function consider(state: ContactState): ContactDecision {
  const { light } = state;
  if (!state.isUp || state.telling !== undefined) return stay(state);
  switch (light.name) {
    case "due":
      return stay({ ...state, light: { ...light, name: "opening" } }, [
        { type: "open-link", reference: light.reference },
      ]);
    case "opening":
      return stay(state);
    case "greeting":
      if (light.isAttaching) return stay(state);
      if (state.wanted !== undefined) return tell(state, "link");
      return stay({ ...state, light: { ...light, isAttaching: true } }, [{ type: "attach" }]);
    case "attached":
      if (light.renewal === "asked") return stay(state);
      if (light.renewal === "due")
        return stay({ ...state, light: { ...light, renewal: "asked" } }, [{ type: "attach" }]);
      return mayTell(state) ? tell(state, "link") : stay(state);
    case "unreferred":
    case "waiting":
      return mayTell(state) ? tell(state, "session") : stay(state);
  }
}

function mayTell({ wanted, isPausing }: ContactState): boolean {
  return wanted === "at-once" || (wanted === "as-due" && !isPausing);
}

function tell(state: ContactState, where: "session" | "link"): ContactDecision {
  const { retryCount } = state;
  return stay({ ...state, wanted: undefined, isPausing: false, telling: where }, [
    { type: "stop-timer", timer: "session-retry" },
    { type: where === "link" ? "tell-over-link" : "hold-session", retryCount },
  ]);
}

/** Nothing that was told is lost: it is told again after the wait of its turn. */
function failed(state: ContactState, reason: string, { fraction, policy }: Moment): ContactDecision {
  const retryCount = state.retryCount + 1;
  const retryInMs = retryDelayMs(retryCount, fraction, policy);
  return stay({ ...state, telling: undefined, retryCount, isPausing: true }, [
    { type: "show", activity: { type: "session-failed", reason, retryInMs } },
    { type: "start-timer", timer: "session-retry", delayMs: retryInMs },
  ]);
}

function sessionEnded(state: ContactState, { reference }: Of<"session-ended">): ContactDecision {
  const over: ContactState = { ...state, telling: undefined, retryCount: 0 };
  if (!state.isUp || reference === undefined) return stay(over);
  return stay({ ...over, light: { name: "due", reference, isSummoned: false } }, [
    { type: "stop-timer", timer: "link-retry" },
    { type: "show", activity: { type: "referred", url: reference.url } },
  ]);
}

/** With a good token the device comes back at once; else the connection request is answered by an Inform [LIGHT 1.5]. */
function summoned(state: ContactState, { now }: Moment): ContactDecision {
  const { light } = state;
  if (light.name === "due" || light.name === "opening")
    return stay({ ...state, light: { ...light, isSummoned: true } });
  if (
    light.name === "waiting" &&
    state.telling === undefined &&
    light.reference !== undefined &&
    isGood(light.reference, now)
  ) {
    const { reference } = light;
    return stay({ ...state, light: { name: "due", reference, isSummoned: true } }, [
      { type: "stop-timer", timer: "link-retry" },
    ]);
  }
  return stay(state, [answerSummons]);
}

const answerSummons: ContactEffect = { type: "note", eventCode: "6 CONNECTION REQUEST", urgency: "at-once" };
/** An Inform that says nothing new: the ACS refers who Informs. */
const askForReference: ContactEffect = { type: "note", eventCode: "2 PERIODIC", urgency: "as-due" };

function linkOpened(state: ContactState, { hasUndelivered }: Of<"link-opened">): ContactDecision {
  const { light } = state;
  if (light.name !== "opening") return stay(state);
  const wanted = state.wanted ?? (hasUndelivered ? "as-due" : undefined);
  return stay({
    ...state,
    wanted,
    light: { name: "greeting", reference: light.reference, isAttaching: false },
  });
}

/** It was refused, or it ended before the device was let in. */
function notOpened(state: ContactState, loss: Loss, moment: Moment): ContactDecision {
  const { light } = state;
  if (light.name !== "opening") return stay(state);
  const lost = lose(state, loss, moment);
  return light.isSummoned ? stay(lost.state, [...lost.effects, answerSummons]) : lost;
}

function linkClosed(state: ContactState, close: Of<"link-closed">, moment: Moment): ContactDecision {
  if (state.light.name === "opening") return notOpened(state, close, moment);
  if (!hasLink(state)) return stay(state);
  const { state: told, effects } =
    state.telling === "link" ? failed(state, describeLoss(close), moment) : stay(state);
  const lost = lose(told, close, moment);
  return stay(lost.state, [...effects, ...lost.effects]);
}

/** The link may have been lost before the answer came: what was stored all the same is not tried again. */
function told(state: ContactState): ContactDecision {
  switch (state.telling) {
    case "link":
      return stay({ ...state, telling: undefined, retryCount: 0 });
    case "session":
      return stay(state);
    case undefined:
      return stay({ ...state, retryCount: 0, isPausing: false }, [
        { type: "stop-timer", timer: "session-retry" },
      ]);
  }
}

/** The ACS would not hear it. Before Attach there is no use in the link without. */
function notTold(state: ContactState, { reason }: Of<"not-told">, moment: Moment): ContactDecision {
  const told = failed(state, reason, moment);
  if (state.light.name !== "greeting") return told;
  const given = givenUp(told.state, { reason }, moment);
  return stay(given.state, [...told.effects, ...given.effects]);
}

function givenUp(
  state: ContactState,
  { reason }: { readonly reason: string },
  moment: Moment,
): ContactDecision {
  const lost = lose(state, { reason }, moment);
  return stay(lost.state, [{ type: "close-link" }, ...lost.effects]);
}

function attached(state: ContactState, { fresh }: Of<"attached">, { now }: Moment): ContactDecision {
  const { light } = state;
  if (light.name !== "greeting" && light.name !== "attached") return stay(state);
  const reference: Reference =
    fresh === undefined
      ? light.reference
      : { ...light.reference, token: fresh.token, expiresAt: now + fresh.expiresIn * 1000 };
  const next: ContactState = { ...state, light: { name: "attached", reference, renewal: "none" } };
  const renewal = renewIn(reference, now);
  if (light.name === "attached") return stay(next, renewal);
  return stay(next, [
    ...renewal,
    { type: "start-timer", timer: "steady", delayMs: STEADY_MS },
    { type: "show", activity: { type: "attached", url: reference.url } },
  ]);
}

/** A device that is attached already stays so with the token that it has. */
function notAttached(state: ContactState, refusal: Of<"not-attached">, moment: Moment): ContactDecision {
  const { light } = state;
  if (light.name !== "attached") return givenUp(state, refusal, moment);
  return stay({ ...state, light: { ...light, renewal: "none" } }, renewIn(light.reference, moment.now));
}

/** Half way to its end, so that a device whose link breaks comes back without an Inform. */
function renewIn({ expiresAt }: Reference, now: number): readonly ContactEffect[] {
  const leftMs = expiresAt - now;
  if (leftMs < LEAST_RENEWAL_MS) return [];
  return [{ type: "start-timer", timer: "renewal", delayMs: leftMs / 2 }];
}

function onTime(state: ContactState, timer: TimerName, moment: Moment): ContactDecision {
  switch (timer) {
    case "session-retry":
      return stay({ ...state, isPausing: false, wanted: state.wanted ?? "as-due" });
    case "link-retry":
      return comeBack(state, moment);
    case "steady":
      return stay({ ...state, lightTries: 0, tokenRefusals: 0 });
    case "renewal":
      if (state.light.name !== "attached") return stay(state);
      return stay({ ...state, light: { ...state.light, renewal: "due" } });
  }
}

function comeBack(state: ContactState, { now }: Moment): ContactDecision {
  if (state.light.name !== "waiting") return stay(state);
  const { reference } = state.light;
  if (reference === undefined || !isGood(reference, now))
    return stay({ ...state, light: { name: "unreferred" } }, [askForReference]);
  return stay({ ...state, light: { name: "due", reference, isSummoned: false } });
}

/** There is no link any more, or none came about. */
function lose(state: ContactState, loss: Loss, moment: Moment): ContactDecision {
  const counted = isTokenRefusal(loss) ? "tokenRefusals" : "lightTries";
  const next = { ...state, [counted]: state[counted] + 1 };
  const { then, delayMs } = recovery(loss, next[counted], moment);
  const reason = describeLoss(loss);
  const quiet: readonly ContactEffect[] = [
    { type: "stop-timer", timer: "steady" },
    { type: "stop-timer", timer: "renewal" },
  ];
  if (then === "stay-away") {
    return stay({ ...next, light: { name: "unreferred" } }, [...quiet, detached(reason)]);
  }
  const effects = [...quiet, detached(reason, delayMs)];
  if (then === "refer" && delayMs === 0) {
    return stay({ ...next, light: { name: "unreferred" } }, [...effects, askForReference]);
  }
  const reference = then === "reopen" && "reference" in state.light ? state.light.reference : undefined;
  return stay({ ...next, light: { name: "waiting", reference } }, [
    ...effects,
    { type: "start-timer", timer: "link-retry", delayMs },
  ]);
}

function detached(reason: string, retryInMs?: number): ContactEffect {
  return {
    type: "show",
    activity: { type: "detached", reason, ...(retryInMs === undefined ? {} : { retryInMs }) },
  };
}

/** A session that is open goes on to its end; all else is over. A restart forgets the retries [CWMP 1.4 3.2.1.1]. */
function goDown(state: ContactState): ContactDecision {
  const stopped = timerNames.map((timer): ContactEffect => ({ type: "stop-timer", timer }));
  return stay({ ...noContact, telling: state.telling === "session" ? "session" : undefined }, [
    ...stopped,
    ...endLink(state, "the device restarts"),
  ]);
}

/** The token of another ACS is of no use, and what it is told is not for this one. */
function moved(state: ContactState): ContactDecision {
  if (state.light.name === "unreferred") return stay(state);
  const telling = state.telling === "link" ? undefined : state.telling;
  const wanted = state.wanted ?? "as-due";
  return stay({ ...state, telling, wanted, lightTries: 0, tokenRefusals: 0, light: { name: "unreferred" } }, [
    { type: "stop-timer", timer: "link-retry" },
    { type: "stop-timer", timer: "steady" },
    { type: "stop-timer", timer: "renewal" },
    ...endLink(state, "the device has another ACS"),
  ]);
}

function endLink(state: ContactState, reason: string): readonly ContactEffect[] {
  if (state.light.name !== "opening" && !hasLink(state)) return [];
  return [{ type: "close-link" }, detached(reason)];
}

function hasLink({ light }: ContactState): boolean {
  return light.name === "greeting" || light.name === "attached";
}
